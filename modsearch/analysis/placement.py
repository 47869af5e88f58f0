"""Where light blocks pay: where they stand along the front, and what one more of them does in each stage."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from math import log, log2
from statistics import fmean
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from modsearch.analysis.front import FrontInfo
from modsearch.analysis.point import FrontPoint, Objective
from modsearch.architecture import Architecture, Mask, network_family
from modsearch.statistic.contrast import Estimate
from modsearch.statistic.regression import effects, rank

_FEWEST_OF_A_SIZE = 3
_FEWEST_TO_SPARE = 5  # networks beyond the columns: residuals must say something


@dataclass(frozen=True)
class Slot:
    """A place for a block, and in how many networks a light one stands there.

    Attributes:
        stage, position: counted from 0; stages of all backbones together, and the first block is never light.
        num_front, num_front_light: members of the front that have a block there, and a light one.
        num_scored, num_scored_light: of all scored networks, by which is judged what the front prefers.
    """

    stage: int
    position: int
    num_front: int
    num_front_light: int
    num_scored: int
    num_scored_light: int


@dataclass(frozen=True)
class LightSize:
    """How large light blocks are: what they are called, the field that says it (empty where none does), its value."""

    label: str
    name: str
    value: Fraction | None


@dataclass(frozen=True)
class BlockChange:
    """One block is changed, and no other.

    Attributes:
        kind: one more ``light`` or ``standard`` block in a stage, or another ``size`` of a light block in any.
        stage, size: where there is one more, counted from 0; what takes the place of the usual size. Else None.
    """

    kind: Literal["light", "standard", "size"]
    stage: int | None = None
    size: LightSize | None = None


@dataclass(frozen=True)
class PlacementEffect:
    """What a change does in the mean of what was tried: to accuracy, as a fraction, and to the log of the cost."""

    change: BlockChange
    accuracy: Estimate
    log_cost: Estimate


@dataclass(frozen=True)
class PlacementInfo:
    """Where light blocks stand, and what the blocks of each stage do.

    An effect is no promise. A sampler chose the networks, which tries more of what looked good, within the study's
    constraints; an effect is an average over what was tried, and over what else differs between blocks, such as their
    selection and their position in the stage. That light blocks cause a gain only controls can say: a network against
    its own deleted form, and the others. Here they are to be held against standard blocks of the same stage, and 0.

    Attributes:
        study: the study's name.
        cost: the first cost objective; logarithms of it are natural ones.
        slots: the heat map, stage by stage and by position.
        sizes: of light blocks, and how many networks tell of each; that of most of its blocks is a network's.
        usual_size: the most frequent one, which one more light block has; None where there is none.
        effects: of light blocks, of standard ones and of sizes, as far as the networks tell them.
        unknown: the changes that they do not tell: never tried, or only together with others, or by too few.
        num_networks: how many tell of effects: those with the backbone, stem and widths of another one.
        num_needed: how many it takes; with fewer, or without light blocks, all changes are unknown.
    """

    study: str
    cost: Objective
    slots: tuple[Slot, ...]
    sizes: Mapping[LightSize, int]
    usual_size: LightSize | None
    effects: tuple[PlacementEffect, ...]
    unknown: tuple[BlockChange, ...]
    num_networks: int
    num_needed: int


def placement_info(info: FrontInfo) -> PlacementInfo:
    """Count light blocks slot by slot, and estimate by all scored networks what a change of one block does.

    Accuracy and log cost are a level of each group of one backbone, stem and widths, and slopes times log2 of the
    standard blocks of each stage, times its light blocks, and times all light blocks of each size but the usual one.
    The effect of a standard block is that of one more than the mean number of its stage. log2, for blocks bring less
    and less: in simulated studies where they do, it foretells the accuracy of networks that are left out 7 to 45 %
    better than plain numbers, and log costs near a front 4 to 23 % better (not of networks drawn alike from all). In
    the study of ``docs/results/cifar10_resnet_small`` it does better for both.
    """
    groups = Counter(network_family(point.architecture) for point in info.points)
    points = [point for point in info.points if groups[network_family(point.architecture)] > 1]
    networks = [point.architecture for point in points]
    sizes = _sizes(networks)
    usual = max(sizes, key=lambda size: sizes[size], default=None)
    num_stages = max((len(point.architecture.stages) for point in info.points), default=0)
    changes = _changes(num_stages, [size for size in sizes if size != usual])
    x_NF = _design(networks, changes)
    num_needed = rank(x_NF) + _FEWEST_TO_SPARE
    rare = {size for size, num in sizes.items() if num < _FEWEST_OF_A_SIZE}
    found = _effects(points, info.costs[0], x_NF, changes) if usual and len(points) >= num_needed else []
    kept = tuple(effect for effect in found if effect.change.size not in rare)
    told = {effect.change for effect in kept}
    return PlacementInfo(
        study=info.study,
        cost=info.costs[0],
        slots=tuple(_slots(info)),
        sizes=sizes,
        usual_size=usual,
        effects=kept,
        unknown=tuple(change for change in changes if change not in told),
        num_networks=len(points),
        num_needed=num_needed,
    )


def _slots(info: FrontInfo) -> Iterator[Slot]:
    front, scored = ([point.architecture.masks for point in points] for points in (info.members, info.points))
    for stage, masks in enumerate(zip_longest(*scored, fillvalue=())):
        for position in range(max(map(len, masks))):
            yield Slot(stage, position, *_num(front, stage, position), *_num(scored, stage, position))


def _num(networks: Sequence[Sequence[Mask]], stage: int, position: int) -> tuple[int, int]:
    there = [masks[stage] for masks in networks if stage < len(masks) and position < len(masks[stage])]
    return len(there), sum(mask[position] for mask in there)


def _size_of(network: Architecture) -> LightSize | None:
    """That of most of its light blocks; of several the one that comes first."""
    light = [block for stage in network.stages for block in stage if not block.is_standard]
    sizes = [LightSize(block.label, block.size_name, getattr(block, block.size_name, None)) for block in light]
    return max(sizes, key=sizes.count, default=None)


def _sizes(networks: Sequence[Architecture]) -> dict[LightSize, int]:
    nums = Counter(size for network in networks if (size := _size_of(network)))
    return {size: nums[size] for size in sorted(nums, key=lambda size: (size.label, size.value or 0))}


def _changes(num_stages: int, sizes: Sequence[LightSize]) -> list[BlockChange]:
    light = [BlockChange("light", stage) for stage in range(num_stages)]
    standard = [BlockChange("standard", stage) for stage in range(num_stages)]
    return [*light, *standard, *(BlockChange("size", size=size) for size in sizes)]


def _design(networks: Sequence[Architecture], changes: Sequence[BlockChange]) -> NDArray[np.float64]:
    """(N, F): a column for each change, then one for the level of each group."""
    families = [network_family(network) for network in networks]
    levels = [[family == other for other in families] for family in dict.fromkeys(families)]
    rows = [(network.masks, _size_of(network)) for network in networks]
    columns = [_column(rows, change) for change in changes]
    return np.array([*columns, *levels], float).reshape(len(columns) + len(levels), len(networks)).T


def _column(rows: Sequence[tuple[Sequence[Mask], LightSize | None]], change: BlockChange) -> list[float]:
    if change.stage is None:
        return [sum(map(sum, masks)) * (size == change.size) for masks, size in rows]
    stages = [masks[change.stage] if change.stage < len(masks) else () for masks, _ in rows]
    if change.kind == "light":
        return [sum(stage) for stage in stages]
    nums = [stage.count(False) for stage in stages]
    one_more = log2(1 + 1 / fmean(filter(None, nums))) if any(nums) else 1.0
    return [log2(num) / one_more if num else 0.0 for num in nums]


def _effects(
    points: Sequence[FrontPoint], cost: Objective, x_NF: NDArray[np.float64], changes: Sequence[BlockChange]
) -> list[PlacementEffect]:
    accuracy_N = np.array([point.scores["accuracy"].value for point in points])
    log_cost_N = np.array([log(point.scores[cost.name].value) for point in points])
    found = zip(changes, effects(x_NF, accuracy_N), effects(x_NF, log_cost_N), strict=False)  # levels are no changes
    return [PlacementEffect(change, accuracy, cost_) for change, accuracy, cost_ in found if accuracy and cost_]
