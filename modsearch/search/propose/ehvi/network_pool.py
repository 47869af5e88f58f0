"""The pool of a search space: networks by what stands in each stage."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from itertools import product
from math import log2, prod
from random import Random

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from modsearch.architecture import Architecture, Block
from modsearch.search.propose.ehvi.pool import Description, Point, Pool
from modsearch.space import SearchSpace, Space

_MAX_NETWORKS_TO_LIST = 20_000
_MAX_POINTS_TO_COUNT = 2_000_000
_NUM_DRAWN = 2_000
_NUM_STAGE_FEATURES = 4
_StageKey = tuple[object, ...]
_Feature = Callable[[Block | None, int], list[float]]
_Frame = tuple[object, ...]


def network_pool(space: Space, seed: int) -> Pool:
    """Every network of a space of up to 20,000; of a larger one 2,000 draws and what lies around those that are asked.

    Args:
        space: the networks.
        seed: of the draws.
    """
    networks, asked = _Networks(space), distributions(space)
    if space.num_points <= _MAX_POINTS_TO_COUNT and networks.num_listed <= _MAX_NETWORKS_TO_LIST:
        return Pool(networks.points(), networks.describe, networks.groups, asked)
    return Pool(_draws(space, seed), networks.describe, networks.groups, asked, move=networks.moves)


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """The parameters of a space as a search asks for them."""
    return {
        name: CategoricalDistribution(parameter.names)
        if parameter.names
        else IntDistribution(0, parameter.num_choices - 1)
        for name, parameter in space.parameters.items()
    }


class _Networks:
    """What a point means in a space of one or more members, whose stages are compared by their index."""

    def __init__(self, space: Space) -> None:
        self.space = space
        members = space.members.values()
        varied = _varied(space)
        self._stages = {name: _Stages(member, varied) for name, member in space.members.items()}
        num_families = len(members) if len(members) > 1 else 0
        sizes = [len(feature(None, 1)) for feature in varied]
        self.groups = _groups(max(len(member.depths) for member in members), sizes, num_families)
        self._families = list(space.members)[:num_families]

    def describe(self, point: Point) -> Description:
        """The member and the form of each stage; the features of all stages, and which member it is."""
        name, own = self.space.split(point)
        key, features = self._stages[name].describe(own)
        padding = [0.0] * (len(self.groups) - len(features) - len(self._families))
        return (name, key), [*features, *padding, *(float(name == family) for family in self._families)]

    @property
    def num_listed(self) -> int:
        """How many points ``points`` gives."""
        return sum(stages.num_listed for stages in self._stages.values())

    def points(self) -> Iterator[Point]:
        """At least one point for each network, and few more."""
        for name, stages in self._stages.items():
            yield from (self.space.join(name, point) for point in stages.points())

    def moves(self, point: Point) -> Iterator[Point]:
        """The points that differ in one parameter and lie in the same member."""
        name, own = self.space.split(point)
        yield from (self.space.join(name, moved) for moved in _moves(self.space.members[name], own))


class _Stages:
    """What a point means, stage by stage: networks need not be decoded whole, and stages are few."""

    def __init__(self, space: SearchSpace, varied: Sequence[_Feature]) -> None:
        self.space, self.varied = space, varied
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
                self._known[key] = _stage(architecture, index, self.varied)
        found = [self._known[key] for key in keys]
        return tuple(form for form, _ in found), [value for _, features in found for value in features]

    @property
    def num_listed(self) -> int:
        """How many points ``points`` gives."""
        return sum(prod(len(forms) for forms in self._choices(frame)) for frame in self._frames())

    def points(self) -> Iterator[Point]:
        """At least one point for each network, and few more."""
        for frame in self._frames():
            for parts in product(*self._choices(frame)):
                yield {name: value for part in (frame, *parts) for name, value in part.items()}

    def _frames(self) -> Iterator[Point]:
        """All values of the parameters that the stages share, those of each kind of light blocks by themselves."""
        yield from self.space.choices_of(self._shared)

    def _choices(self, frame: Point) -> list[list[dict[str, int | str]]]:
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


def _varied(space: Space) -> list[_Feature]:
    """What the networks of a space differ in beside numbers, places and sizes of their blocks."""
    members = space.members.values()
    kinds = tuple(dict.fromkeys(choices.kind for member in members for choices in member.blocks))
    found: dict[str, _Feature] = {}
    if len(kinds) > 1:
        found["kind"] = lambda block, channels: [float(block is not None and block.kind == kind) for kind in kinds]
    for choices in (choices for member in members for choices in member.blocks):
        for name in choices.variants:
            if any(name in member.parameters for member in members):
                found.setdefault(name, partial(choices.features, name))
    if any("width" in member.parameters for member in members):
        found["width"] = lambda block, channels: [log2(channels)]
    return list(found.values())


def _stage(architecture: Architecture, index: int, varied: Sequence[_Feature]) -> tuple[str, tuple[float, ...]]:
    """The canonical form of a stage, and its features."""
    stage, channels = architecture.stages[index], architecture.out_channels[index]
    form = repr((channels, [block.canonical(channels) for block in stage]))
    light = next((block for block in stage if not block.is_standard), None)
    variant = [value for feature in varied for value in feature(light, channels)]
    return form, (*_stage_features(stage, channels), *variant)


def _stage_features(stage: Sequence[Block], channels: int) -> tuple[float, ...]:
    """log2 of the standard blocks, light blocks, where they lie (-1 first, 1 last), log2 of their channels."""
    light = [(position, block) for position, block in enumerate(stage) if not block.is_standard]
    num_standard = len(stage) - len(light)
    if not light:
        return (log2(num_standard), 0.0, 0.0, 0.0)
    middle = (len(stage) + 1 - 1) / 2
    where = (float(np.mean([position for position, _ in light])) - middle) / middle
    share = log2(1 + light[0][1].num_selected(channels))
    return (log2(num_standard), float(len(light)), where, share)


def _groups(num_stages: int, sizes: Sequence[int], num_families: int) -> list[int]:
    """Each number of a stage has its own length scale; what varies of light blocks and the width have one in all."""
    num_own = _NUM_STAGE_FEATURES * num_stages
    shared = [num_own + number for number, size in enumerate(sizes) for _ in range(size)]
    own = (range(_NUM_STAGE_FEATURES * stage, _NUM_STAGE_FEATURES * (stage + 1)) for stage in range(num_stages))
    return [*(group for groups in own for group in (*groups, *shared)), *[num_own + len(sizes)] * num_families]


def _draws(space: Space, seed: int) -> Iterator[Point]:
    generator = Random(seed)
    for _ in range(_NUM_DRAWN):
        yield space.draw(generator)


def _moves(space: SearchSpace, point: Point) -> Iterator[Point]:
    """The points that differ in one parameter."""
    for name, parameter in space.parameters.items():
        for value in parameter.values:
            if value != point[name]:
                yield {**point, name: value}
