"""SearchSpace: which networks a study may try, and their encoding as a fixed set of parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import product
from math import prod
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modsearch.architecture import (
    ORDERS,
    Architecture,
    Mask,
    MoD,
    NonNegativeInt,
    PlacementName,
    PositiveInt,
    Rational,
    Width,
    arrange,
    check_backbone,
    check_size,
    rule_mask,
)
from modsearch.message import must_be

Point = Mapping[str, int | str]
"""A value for each parameter: a rank for ordered ones, a name for others."""


_AT_MOST = Field(le=200)  # ResNet-1202 for CIFAR has 200 blocks a stage; more are a slip of the finger


class Depth(BaseModel):
    """How many blocks of each kind a stage may have.

    Attributes:
        standard: numbers of standard blocks, each at least 1.
        mod: numbers of MoD blocks; with 0 among them, the deleted form of a network lies in the space.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    standard: tuple[Annotated[PositiveInt, _AT_MOST], ...] = Field(min_length=1)
    mod: tuple[Annotated[NonNegativeInt, _AT_MOST], ...] = Field(min_length=1)


@dataclass(frozen=True)
class Parameter:
    """One dimension of the encoding: a rank from 0 to ``num_choices - 1``, or one of ``names``."""

    num_choices: int
    names: tuple[str, ...] | None = None

    @property
    def values(self) -> tuple[int, ...] | tuple[str, ...]:
        """Everything that the parameter can be."""
        return self.names or tuple(range(self.num_choices))


class SearchSpace(BaseModel):
    """The networks of one backbone whose depths, placement, c and selection are searched.

    Every point has the same parameters: ``placement``, ``selection``, ``c`` (one for the network or one for each
    stage) and for each stage ``n_standard``, ``n_mod`` and ``order``. A named placement takes the nearest numbers that
    its rule allows, ``n_standard`` before ``n_mod``, so several points can mean one network; the id tells them apart.

    Attributes:
        backbone: a name of ``BACKBONES``.
        stem: ``imagenet`` or ``cifar``.
        widths: channels of each stage before expansion.
        depths: for each stage, how many blocks of each kind.
        placements: none, alternating, every_third, every_block, per_stage, free.
        c: the values of c.
        c_per: one c for the network, or one for each stage.
        selections: how MoD blocks select: learned, random, first.
        reduction: of the selectors; 16 in the paper, lower for narrow networks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str
    stem: str
    widths: tuple[Width, ...] = Field(min_length=1)
    depths: tuple[Depth, ...]
    placements: tuple[PlacementName, ...] = Field(default=("none", "alternating"), min_length=1)
    c: tuple[Rational, ...] = Field(default=(Fraction(64),), min_length=1, max_length=100)
    c_per: Literal["network", "stage"] = "network"
    selections: tuple[Literal["learned", "random", "first"], ...] = Field(default=("learned",), min_length=1)
    reduction: PositiveInt = 16

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_backbone(self.backbone, self.stem, "depths", len(self.depths))
        if len(self.depths) != len(self.widths):
            raise ValueError(must_be("widths", f"{len(self.depths)} numbers, one a stage", list(self.widths)))
        check_size("widths", self.widths, [max(each.standard) + max(each.mod) for each in self.depths])
        for field in ("placements", "c", "selections"):
            _check_distinct(field, getattr(self, field))
        for index, depth in enumerate(self.depths):
            _check_distinct(f"depths[{index}].standard", depth.standard)
            _check_distinct(f"depths[{index}].mod", depth.mod)
            for placement in self.placements:
                if placement != "free" and not _stage_masks(depth, placement):
                    rule = f"such that {placement} fits at least one of standard {list(depth.standard)}"
                    raise ValueError(must_be(f"depths[{index}].mod", rule, list(depth.mod)))
        return self

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """The dimensions of the encoding by name, the same for every point."""
        found = {
            "placement": Parameter(len(self.placements), tuple(self.placements)),
            "selection": Parameter(len(self.selections), tuple(self.selections)),
        }
        if self.c_per == "network":
            found["c"] = Parameter(len(self.c))
        for index, depth in enumerate(self.depths):
            found[f"stage{index}.n_standard"] = Parameter(len(depth.standard))
            found[f"stage{index}.n_mod"] = Parameter(len(depth.mod))
            found[f"stage{index}.order"] = Parameter(len(ORDERS), ORDERS)
            if self.c_per == "stage":
                found[f"stage{index}.c"] = Parameter(len(self.c))
        return found

    @property
    def num_points(self) -> int:
        """Number of points; an upper bound on the number of networks."""
        return prod(each.num_choices for each in self.parameters.values())

    def points(self) -> Iterator[Point]:
        """All points."""
        choices: list[Sequence[int | str]] = [each.values for each in self.parameters.values()]
        for values in product(*choices):
            yield dict(zip(self.parameters, values, strict=True))

    def decode(self, point: Point) -> Architecture:
        """The network that a point means."""
        masks = tuple(self._mask(point, index) for index in range(len(self.depths)))
        blocks = tuple(self._block(point, index) for index in range(len(self.depths)))
        return Architecture.assemble(self.backbone, self.stem, self.widths, masks, blocks)

    def encode(self, architecture: Architecture) -> Point | None:
        """A point that means this network, or None where it does not lie in the space."""
        if (architecture.backbone, architecture.widths) != (self.backbone, self.widths):
            return None
        for placement, selection in product(self.placements, self.selections):
            point = self._point(architecture, placement, selection)
            if point is not None and self.decode(point).id == architecture.id:
                return point
        return None

    def __contains__(self, architecture: Architecture) -> bool:
        """Whether a point means this network."""
        return self.encode(architecture) is not None

    def costliest(self) -> Architecture:
        """The network with the most standard blocks, then the most MoD blocks, then the smallest c."""
        return max(self._with_numbers(max, min(self.c)), key=_num_blocks)

    def cheapest(self) -> Architecture:
        """The network with the fewest standard blocks, then the fewest MoD blocks, then the largest c."""
        return min(self._with_numbers(min, max(self.c)), key=_num_blocks)

    def _with_numbers(self, pick: Callable[[tuple[int, ...]], int], c: Fraction) -> list[Architecture]:
        """For each placement the network with the numbers of blocks that ``pick`` picks, and with this c."""
        numbers = {
            f"stage{index}.{name}": choices.index(pick(choices))
            for index, depth in enumerate(self.depths)
            for name, choices in (("n_standard", depth.standard), ("n_mod", depth.mod))
        }
        every_c = ("c", *(f"stage{index}.c" for index in range(len(self.depths))))
        rest = {f"stage{index}.order": ORDERS[0] for index in range(len(self.depths))}
        shared = {"selection": self.selections[0], **dict.fromkeys(every_c, self.c.index(c)), **rest}
        return [self.decode({"placement": name, **numbers, **shared}) for name in self.placements]

    def _mask(self, point: Point, index: int) -> Mask:
        depth, placement = self.depths[index], point["placement"]
        num_standard = depth.standard[int(point[f"stage{index}.n_standard"])]
        num_mod = depth.mod[int(point[f"stage{index}.n_mod"])]
        if placement == "free":
            return arrange(num_standard, num_mod, point[f"stage{index}.order"])  # type: ignore[arg-type]
        masks = _stage_masks(depth, placement)
        return min(masks, key=lambda mask: (abs(mask.count(False) - num_standard), abs(sum(mask) - num_mod)))

    def _block(self, point: Point, index: int) -> MoD:
        rank = point["c" if self.c_per == "network" else f"stage{index}.c"]
        selection = point["selection"]
        return MoD(c=self.c[int(rank)], reduction=self.reduction, selection=selection)  # type: ignore[arg-type]

    def _point(self, architecture: Architecture, placement: PlacementName, selection: str) -> Point | None:
        """The point with the network's own numbers, or None where the space does not have them."""
        point: dict[str, int | str] = {"placement": placement, "selection": selection}
        try:
            for index, (depth, mask) in enumerate(zip(self.depths, architecture.masks, strict=True)):
                num_standard, num_mod = mask.count(False), sum(mask)
                point[f"stage{index}.n_standard"] = depth.standard.index(num_standard)
                point[f"stage{index}.n_mod"] = depth.mod.index(num_mod)
                orders = [order for order in ORDERS if arrange(num_standard, num_mod, order) == mask]
                point[f"stage{index}.order"] = (orders or ORDERS)[0]
                if self.c_per == "stage":
                    point[f"stage{index}.c"] = self._rank_of_c(architecture, (index,))
            if self.c_per == "network":
                point["c"] = self._rank_of_c(architecture, tuple(range(len(self.depths))))
        except ValueError:
            return None
        return {name: point[name] for name in self.parameters}

    def _rank_of_c(self, architecture: Architecture, stages: tuple[int, ...]) -> int:
        """The rank of the c that gives the network's k in these stages; 0 where they have no MoD block."""
        wanted = {
            (architecture.out_channels[index], block.num_selected(architecture.out_channels[index]))
            for index in stages
            for block in architecture.stages[index]
            if isinstance(block, MoD)
        }
        fitting = [
            rank for rank, c in enumerate(self.c) if all(MoD(c=c).num_selected(channels) == k for channels, k in wanted)
        ]
        if not fitting:
            raise ValueError("no c of the space gives this k")
        return fitting[0]


def _num_blocks(network: Architecture) -> tuple[int, int]:
    """Standard blocks, and MoD blocks."""
    return sum(network.depths) - network.num_mod_blocks, network.num_mod_blocks


@cache
def _stage_masks(depth: Depth, placement: PlacementName) -> tuple[Mask, ...]:
    """The masks of a stage that follow the placement's rule and have the numbers of blocks that ``depth`` lists."""
    rules: tuple[PlacementName, ...] = ("none", "alternating") if placement == "per_stage" else (placement,)
    sizes = range(1, max(depth.standard) + max(depth.mod) + 1)
    masks = {rule_mask(rule, size) for rule in rules for size in sizes}
    return tuple(sorted(mask for mask in masks if mask.count(False) in depth.standard and sum(mask) in depth.mod))


def _check_distinct(path: str, values: tuple[object, ...]) -> None:
    if len(set(values)) < len(values):
        raise ValueError(must_be(path, "without repeats", [str(value) for value in values]))
