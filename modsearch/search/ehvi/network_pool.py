"""The pool of a search space: networks by what stands in each stage."""

from collections.abc import Hashable, Iterator, Sequence
from itertools import product
from math import log2, prod

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from modsearch.architecture import Architecture, MoD
from modsearch.architecture.block import Block
from modsearch.search.ehvi.pool import Description, Point, Pool
from modsearch.space import SearchSpace

_MAX_NETWORKS_TO_LIST = 20_000
_MAX_POINTS_TO_COUNT = 2_000_000
_NUM_DRAWN = 2_000
_SELECTIONS = ("learned", "random", "first")
_NUM_STAGE_FEATURES = 4 + len(_SELECTIONS)
_StageKey = tuple[object, ...]
_Frame = tuple[object, ...]


def network_pool(space: SearchSpace, seed: int) -> Pool:
    """Every network of a space of up to 20,000; of a larger one 2,000 draws and what lies around those that are asked.

    Args:
        space: the networks.
        seed: of the draws.
    """
    stages = _Stages(space)
    groups, asked = _groups(len(space.depths)), distributions(space)
    if space.num_points <= _MAX_POINTS_TO_COUNT and stages.num_listed <= _MAX_NETWORKS_TO_LIST:
        return Pool(stages.points(), stages.describe, groups, asked)
    return Pool(_draws(space, seed), stages.describe, groups, asked, move=lambda point: _moves(space, point))


def distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """The parameters of a space as a search asks for them."""
    return {
        name: CategoricalDistribution(parameter.names)
        if parameter.names
        else IntDistribution(0, parameter.num_choices - 1)
        for name, parameter in space.parameters.items()
    }


class _Stages:
    """What a point means, stage by stage: networks need not be decoded whole, and stages are few."""

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self._known: dict[_StageKey, tuple[str, tuple[float, ...]]] = {}
        own = [[name for name in space.parameters if name.startswith(f"stage{i}.")] for i in range(len(space.depths))]
        self._own = own
        self._shared = [name for name in space.parameters if not name.startswith("stage")]

    def describe(self, point: Point) -> Description:
        """The form of each stage, and the features of all."""
        shared = tuple(point[name] for name in self._shared)
        keys = [(index, shared, *(point[name] for name in names)) for index, names in enumerate(self._own)]
        if any(key not in self._known for key in keys):
            architecture = self.space.decode(point)
            for index, key in enumerate(keys):
                self._known[key] = _stage(architecture, index)
        found = [self._known[key] for key in keys]
        return tuple(form for form, _ in found), [value for _, features in found for value in features]

    @property
    def num_listed(self) -> int:
        """How many points ``points`` gives."""
        return sum(prod(len(each) for each in self._choices(frame)) for frame in self._frames())

    def points(self) -> Iterator[Point]:
        """At least one point for each network, and few more."""
        for frame in self._frames():
            for parts in product(*self._choices(frame)):
                yield {name: value for part in (frame, *parts) for name, value in part.items()}

    def _frames(self) -> Iterator[dict[str, int | str]]:
        """All values of the parameters that the stages share."""
        for values in product(*(self.space.parameters[name].values for name in self._shared)):
            yield dict(zip(self._shared, values, strict=True))  # type: ignore[arg-type]

    def _choices(self, frame: dict[str, int | str]) -> list[list[dict[str, int | str]]]:
        """For each stage, the values of its own parameters that give it another form."""
        first = {name: self.space.parameters[name].values[0] for names in self._own for name in names}
        found = []
        for index, names in enumerate(self._own):
            forms: dict[Hashable, dict[str, int | str]] = {}
            for values in product(*(self.space.parameters[name].values for name in names)):
                part: dict[str, int | str] = dict(zip(names, values, strict=True))  # type: ignore[arg-type]
                key, _ = self.describe({**frame, **first, **part})
                assert isinstance(key, tuple)
                forms.setdefault(key[index], part)
            found.append(list(forms.values()))
        return found


def _stage(architecture: Architecture, index: int) -> tuple[str, tuple[float, ...]]:
    """The canonical form of a stage, and its features."""
    stage, channels = architecture.stages[index], architecture.out_channels[index]
    form = repr([block.canonical(channels) for block in stage])
    return form, _stage_features(stage, channels)


def _stage_features(stage: Sequence[Block], channels: int) -> tuple[float, ...]:
    """log2 of the standard blocks, MoD blocks, where they lie (-1 first, 1 last), log2 of their channels, selection."""
    mod = [(position, block) for position, block in enumerate(stage) if isinstance(block, MoD)]
    num_standard = len(stage) - len(mod)
    if not mod:
        return (log2(num_standard), 0.0, 0.0, 0.0, *(0.0 for _ in _SELECTIONS))
    middle = (len(stage) + 1 - 1) / 2
    where = (float(np.mean([position for position, _ in mod])) - middle) / middle
    block = mod[0][1]
    share = log2(1 + block.num_selected(channels))
    return (
        log2(num_standard),
        float(len(mod)),
        where,
        share,
        *(float(block.selection == each) for each in _SELECTIONS),
    )


def _groups(num_stages: int) -> list[int]:
    """Each number of a stage has its own length scale; the selection has one in all stages."""
    selection = 4 * num_stages
    return [group for stage in range(num_stages) for group in (*range(4 * stage, 4 * stage + 4), *[selection] * 3)]


def _draws(space: SearchSpace, seed: int) -> Iterator[Point]:
    generator = np.random.default_rng(seed)
    for _ in range(_NUM_DRAWN):
        yield {name: each.values[int(generator.integers(each.num_choices))] for name, each in space.parameters.items()}


def _moves(space: SearchSpace, point: Point) -> Iterator[Point]:
    """The points that differ in one parameter."""
    for name, parameter in space.parameters.items():
        for value in parameter.values:
            if value != point[name]:
                yield {**point, name: value}
