"""SearchSpace: which networks of a backbone a study may try, and their encoding as a fixed set of parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modsearch.architecture import (
    BACKBONES,
    ORDERS,
    Architecture,
    Backbone,
    Mask,
    MoD,
    PlacementName,
    Position,
    Rational,
    Rule,
    Selection,
    Width,
    arrange,
    check_backbone,
)
from modsearch.message import must_be
from modsearch.space.choice import Factor, Reductions, check_c, check_distinct, check_inner, check_widths, scaled
from modsearch.space.depth import Depth, check_depth
from modsearch.space.parameter import Parameter, Point

_FIELDS = {
    "selection": "selections",
    "position": "positions",
    "rule": "rules",
    "inner_shortcut": "inner_shortcuts",
    "inner_relu": "inner_relus",
    "reduction": "reduction",
}
"""What can vary of a MoD block besides c, and the field of a space that lists the choices."""


class SearchSpace(BaseModel):
    """The networks of one backbone whose depths, widths, placement, c and kind of MoD block are searched.

    Every point has the same parameters: ``placement``, ``selection``, ``c`` (one for the network or one for each
    stage), for each stage ``n_standard``, ``n_mod`` and ``order``, and where it has more than one choice ``position``,
    ``rule``, ``inner_shortcut``, ``inner_relu``, ``reduction`` and ``width``. A named placement takes the nearest
    numbers that its rule allows, ``n_standard`` before ``n_mod``, so several points can mean one network; the id tells
    them apart.

    Attributes:
        backbone: a name of ``BACKBONES``.
        stem: ``imagenet`` or ``cifar``.
        widths: channels of each stage before expansion.
        depths: for each stage, how many blocks of each kind.
        width_factors: by what all widths are multiplied, and rounded.
        placements: none, alternating, every_third, every_block, per_stage, free.
        c: the values of c.
        c_per: one c for the network, or one for each stage.
        selections: how MoD blocks select: learned, random, first, first_scored.
        positions: where they put the result: first, last, original.
        rules: how: add, replace.
        inner_shortcuts: whether their inner block keeps its own shortcut.
        inner_relus: whether it keeps its final ReLU.
        reduction: of the selectors; 16 in the paper, lower for narrow networks. A number, or several to choose from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str
    stem: str
    widths: tuple[Width, ...] = Field(min_length=1)
    depths: tuple[Depth, ...]
    width_factors: tuple[Factor, ...] = Field(default=(1.0,), min_length=1)
    placements: tuple[PlacementName, ...] = Field(default=("none", "alternating"), min_length=1)
    c: tuple[Rational, ...] = Field(default=(Fraction(64),), min_length=1, max_length=100)
    c_per: Literal["network", "stage"] = "network"
    selections: tuple[Selection, ...] = Field(default=("learned",), min_length=1)
    positions: tuple[Position, ...] = Field(default=("first",), min_length=1)
    rules: tuple[Rule, ...] = Field(default=("add",), min_length=1)
    inner_shortcuts: tuple[bool, ...] = Field(default=(True,), min_length=1)
    inner_relus: tuple[bool, ...] = Field(default=(True,), min_length=1)
    reduction: Reductions = (16,)

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_backbone(self.backbone, self.stem, "depths", len(self.depths))
        if len(self.depths) != len(self.widths):
            raise ValueError(must_be("widths", f"{len(self.depths)} numbers, one a stage", list(self.widths)))
        for field in ("placements", "c", *_FIELDS.values()):
            check_distinct(field, getattr(self, field))
        for index, depth in enumerate(self.depths):
            check_depth(f"depths[{index}]", depth, self.placements)
        check_widths(self.widths, self.width_factors, [max(depth.standard) + max(depth.mod) for depth in self.depths])
        with_mod = [index for index, depth in enumerate(self.depths) if depth.can_hold_mod(self.placements)]
        if with_mod:
            check_inner(self.backbone, self.inner_shortcuts, self.inner_relus)
            stages = [(index, widths[index]) for widths in self.scaled_widths for index in with_mod]
            check_c(self.backbone, self.c, stages)
        return self

    @property
    def table(self) -> Backbone:
        """What is fixed about the backbone."""
        return BACKBONES[self.backbone]

    @property
    def members(self) -> Mapping[str, "SearchSpace"]:
        """The space itself, without a name: it is its only member."""
        return {"": self}

    def split(self, point: Point) -> tuple[str, Point]:
        """The member that a point lies in, and the point there."""
        return "", point

    def join(self, name: str, point: Point) -> Point:
        """The point that ``split`` splits into these."""
        return point

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """The dimensions of the encoding by name, the same for every point."""
        found = {"placement": Parameter(len(self.placements), tuple(self.placements))}
        for name, values in self.variants.items():
            if name == "selection" or len(values) > 1:
                found[name] = Parameter(len(values), values if isinstance(values[0], str) else None)
        if len(self.width_factors) > 1:
            found["width"] = Parameter(len(self.width_factors))
        if self.c_per == "network":
            found["c"] = Parameter(len(self.c))
        for index, depth in enumerate(self.depths):
            found[f"stage{index}.n_standard"] = Parameter(len(depth.standard))
            found[f"stage{index}.n_mod"] = Parameter(len(depth.mod))
            found[f"stage{index}.order"] = Parameter(len(ORDERS), ORDERS)
            if self.c_per == "stage":
                found[f"stage{index}.c"] = Parameter(len(self.c))
        return found

    @cached_property
    def variants(self) -> Mapping[str, tuple[Any, ...]]:
        """What can vary of a MoD block besides c, and the choices."""
        return {name: getattr(self, field) for name, field in _FIELDS.items()}

    @cached_property
    def scaled_widths(self) -> tuple[tuple[int, ...], ...]:
        """The widths by each factor."""
        return tuple(scaled(self.widths, factor) for factor in self.width_factors)

    @property
    def num_points(self) -> int:
        """Number of points; an upper bound on the number of networks."""
        return prod(parameter.num_choices for parameter in self.parameters.values())

    def points(self) -> Iterator[Point]:
        """All points."""
        choices: list[Sequence[int | str]] = [parameter.values for parameter in self.parameters.values()]
        for values in product(*choices):
            yield dict(zip(self.parameters, values, strict=True))

    def decode(self, point: Point) -> Architecture:
        """The network that a point means."""
        widths = self.scaled_widths[int(point.get("width", 0))]
        masks = tuple(self.mask(point, index) for index in range(len(self.depths)))
        blocks = tuple(self.block(point, index) for index in range(len(self.depths)))
        return Architecture.assemble(self.backbone, self.stem, widths, masks, blocks)

    def mask(self, point: Point, index: int) -> Mask:
        """Where a point puts the MoD blocks of a stage."""
        depth = self.depths[index]
        num_standard = depth.standard[int(point[f"stage{index}.n_standard"])]
        num_mod = depth.mod[int(point[f"stage{index}.n_mod"])]
        return depth.mask(point["placement"], num_standard, num_mod, point[f"stage{index}.order"])  # type: ignore[arg-type]

    def block(self, point: Point, index: int) -> MoD:
        """What a point takes for the MoD blocks of a stage."""
        rank = point["c" if self.c_per == "network" else f"stage{index}.c"]
        chosen = {name: values[0] for name, values in self.variants.items()}
        for name in chosen.keys() & point.keys():
            at = point[name]
            chosen[name] = at if isinstance(at, str) else self.variants[name][at]
        return MoD(c=self.c[int(rank)], **chosen)

    def encode(self, architecture: Architecture) -> Point | None:
        """A point that means this network, or None where it does not lie in the space."""
        if (architecture.backbone, architecture.stem) != (self.backbone, self.stem):
            return None
        try:
            point = {"width": self.scaled_widths.index(architecture.widths), **self._numbers(architecture)}
            point |= self._ranks_of_c(architecture)
        except ValueError:
            return None
        for placement in self.placements:
            point["placement"] = placement
            if all(self.mask(point, index) == mask for index, mask in enumerate(architecture.masks)):
                variant = self._variant(architecture, point)
                return variant and {name: (point | variant)[name] for name in self.parameters}
        return None

    def __contains__(self, architecture: Architecture) -> bool:
        """Whether a point means this network."""
        return self.encode(architecture) is not None

    def costliest(self) -> Architecture:
        """The widest network with the most standard blocks, then the most MoD blocks, then the smallest c."""
        return max(self._with_numbers(max, min(self.c)), key=_num_blocks)

    def cheapest(self) -> Architecture:
        """The narrowest network with the fewest standard blocks, then the fewest MoD blocks, then the largest c."""
        return min(self._with_numbers(min, max(self.c)), key=_num_blocks)

    def _with_numbers(self, pick: Callable[[Sequence[Any]], Any], c: Fraction) -> list[Architecture]:
        """For each placement the network with the numbers and widths that ``pick`` picks, and with this c."""
        point = {name: parameter.values[0] for name, parameter in self.parameters.items()}
        point |= {name: self.c.index(c) for name in point if name == "c" or name.endswith(".c")}
        point["width"] = self.width_factors.index(pick(self.width_factors))
        for index, depth in enumerate(self.depths):
            point[f"stage{index}.n_standard"] = depth.standard.index(pick(depth.standard))
            point[f"stage{index}.n_mod"] = depth.mod.index(pick(depth.mod))
        return [self.decode({**point, "placement": name}) for name in self.placements]

    def _numbers(self, architecture: Architecture) -> dict[str, int | str]:
        """The numbers of blocks and their order; ValueError where the space does not have them."""
        point: dict[str, int | str] = {}
        for index, (depth, mask) in enumerate(zip(self.depths, architecture.masks, strict=True)):
            num_standard, num_mod = mask.count(False), sum(mask)
            point[f"stage{index}.n_standard"] = depth.standard.index(num_standard)
            point[f"stage{index}.n_mod"] = depth.mod.index(num_mod)
            orders = [order for order in ORDERS if arrange(num_standard, num_mod, order) == mask]
            point[f"stage{index}.order"] = (orders or ORDERS)[0]
        return point

    def _ranks_of_c(self, architecture: Architecture) -> dict[str, int | str]:
        """The ranks of the c that gives the network's k, 0 where there is no MoD block; ValueError without one."""
        stages = range(len(self.depths))
        groups = {"c": tuple(stages)} if self.c_per == "network" else {f"stage{index}.c": (index,) for index in stages}
        found: dict[str, int | str] = {}
        for name, group in groups.items():
            wanted = {
                (channels, block.num_selected(channels))
                for index, channels, block in _mod(architecture)
                if index in group
            }
            fits = [all(MoD(c=c).num_selected(channels) == k for channels, k in wanted) for c in self.c]
            found[name] = fits.index(True)
        return found

    def _variant(self, architecture: Architecture, point: Point) -> dict[str, int | str] | None:
        """What else the network's MoD blocks are, given their c; None where the space does not have it."""
        names = [name for name in self.variants if name in self.parameters]
        wanted = [(index, channels, block.canonical(channels)) for index, channels, block in _mod(architecture)]
        choices: list[Sequence[int | str]] = [self.parameters[name].values for name in names]
        for values in product(*choices):
            variant = dict(zip(names, values, strict=True))
            here = {**point, **variant}
            if all(self.block(here, index).canonical(channels) == form for index, channels, form in wanted):
                return variant
        return None


def _num_blocks(network: Architecture) -> tuple[int, int]:
    """Standard blocks, and MoD blocks."""
    return sum(network.depths) - network.num_mod_blocks, network.num_mod_blocks


def _mod(architecture: Architecture) -> list[tuple[int, int, MoD]]:
    """The different MoD blocks of each stage, with the stage's index and channels."""
    found = {
        (index, architecture.out_channels[index], block): None
        for index, stage in enumerate(architecture.stages)
        for block in stage
        if isinstance(block, MoD)
    }
    return list(found)
