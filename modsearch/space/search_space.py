"""SearchSpace: which networks of a backbone a study may try, and their encoding as a fixed set of parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from math import prod
from random import Random
from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from modsearch.architecture import (
    BACKBONES,
    ORDERS,
    Architecture,
    Backbone,
    Block,
    Mask,
    PlacementName,
    Width,
    arrange,
    check_backbone,
)
from modsearch.message import must_be
from modsearch.space.choice import Factor, check_distinct, check_widths, scaled
from modsearch.space.depth import Depth, check_depth
from modsearch.space.light_blocks import LightBlocks
from modsearch.space.parameter import Parameter, Point


class SearchSpace(LightBlocks):
    """The networks of one backbone whose depths, widths, placement and light blocks, such as MoD blocks, are searched.

    Every point has the same parameters: ``placement``, where there are several kinds of light blocks the ``kind`` that
    the network has, the choices of each kind, for each stage ``n_standard``, ``n_mod`` (the number of light blocks) and
    ``order``, and where it has more than one choice ``width``. A named placement takes the nearest numbers that its
    rule allows, ``n_standard`` before ``n_mod``, so several points can mean one network; the id tells them apart.

    Attributes:
        backbone: a name of ``BACKBONES``.
        stem: ``imagenet`` or ``cifar``.
        widths: channels of each stage before expansion.
        depths: for each stage, how many standard and how many light blocks.
        width_factors: by what all widths are multiplied, and rounded.
        placements: none, alternating, every_third, every_block, per_stage, free.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str
    stem: str
    widths: tuple[Width, ...] = Field(min_length=1)
    depths: tuple[Depth, ...]
    width_factors: tuple[Factor, ...] = Field(default=(1.0,), min_length=1)
    placements: tuple[PlacementName, ...] = Field(default=("none", "alternating"), min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_backbone(self.backbone, self.stem, "depths", len(self.depths))
        if len(self.depths) != len(self.widths):
            raise ValueError(must_be("widths", f"{len(self.depths)} numbers, one a stage", list(self.widths)))
        check_distinct("placements", self.placements)
        self.check_kinds()
        for index, depth in enumerate(self.depths):
            check_depth(f"depths[{index}]", depth, self.placements)
        check_widths(self.widths, self.width_factors, [max(depth.standard) + max(depth.mod) for depth in self.depths])
        with_light = [index for index, depth in enumerate(self.depths) if depth.can_hold_light(self.placements)]
        stages = [(index, widths[index]) for widths in self.scaled_widths for index in with_light]
        for path, choices in self.paths() if stages else ():
            choices.check(path, self.table, stages)
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
        if len(self.blocks) > 1:
            found["kind"] = Parameter(len(self.blocks), tuple(choices.kind for choices in self.blocks))
        for choices in self.blocks:
            found |= choices.shared_parameters
        if len(self.width_factors) > 1:
            found["width"] = Parameter(len(self.width_factors))
        found |= {choices.size_name: choices.size_parameter for choices in self.blocks if not choices.is_per_stage}
        for index, depth in enumerate(self.depths):
            found[f"stage{index}.n_standard"] = Parameter(len(depth.standard))
            found[f"stage{index}.n_mod"] = Parameter(len(depth.mod))
            found[f"stage{index}.order"] = Parameter(len(ORDERS), ORDERS)
            found |= {
                choices.size_key(index): choices.size_parameter for choices in self.blocks if choices.is_per_stage
            }
        return found

    @cached_property
    def _first(self) -> dict[str, int | str]:
        return {name: parameter.values[0] for name, parameter in self.parameters.items()}

    @cached_property
    def scaled_widths(self) -> tuple[tuple[int, ...], ...]:
        """The widths by each factor."""
        return tuple(scaled(self.widths, factor) for factor in self.width_factors)

    @property
    def num_points(self) -> int:
        """Number of points that differ in more than the choices of another kind; at least the number of networks."""
        return sum(prod(len(values) for values in choices.values()) for choices in self._by_kind())

    def points(self) -> Iterator[Point]:
        """All points; in each the choices of the kinds that it does not have are their first ones."""
        yield from self.choices_of(list(self.parameters))

    def choices_of(self, names: Sequence[str]) -> Iterator[Point]:
        """All values of these parameters, as they stand in ``points``."""
        for choices in self._by_kind():
            for values in product(*(choices[name] for name in names)):
                yield dict(zip(names, values, strict=True))

    def _by_kind(self) -> Iterator[dict[str, Sequence[int | str]]]:
        """For each kind of light blocks, what every parameter can be."""
        for kind in (choices.kind for choices in self.blocks):
            found: dict[str, Sequence[int | str]] = {
                name: parameter.values if self.means(name, kind) else parameter.values[:1]
                for name, parameter in self.parameters.items()
            }
            yield found | ({"kind": (kind,)} if "kind" in found else {})

    def normal(self, point: Point) -> Point:
        """The point that means the same, with the first choices of the kinds that it does not have."""
        kind = self.choices(point).kind
        return {name: value if self.means(name, kind) else self._first[name] for name, value in point.items()}

    def decode(self, point: Point) -> Architecture:
        """The network that a point means."""
        widths = self.scaled_widths[int(point.get("width", 0))]
        masks = tuple(self.mask(point, index) for index in range(len(self.depths)))
        blocks = tuple(self.block(point, index) for index in range(len(self.depths)))
        return Architecture.assemble(self.backbone, self.stem, widths, masks, blocks)

    def mask(self, point: Point, index: int) -> Mask:
        """Where a point puts the light blocks of a stage."""
        depth = self.depths[index]
        num_standard = depth.standard[int(point[f"stage{index}.n_standard"])]
        num_light = depth.mod[int(point[f"stage{index}.n_mod"])]
        return depth.mask(point["placement"], num_standard, num_light, point[f"stage{index}.order"])  # type: ignore[arg-type]

    def block(self, point: Point, index: int) -> Block:
        """What a point takes for the light blocks of a stage."""
        return self.choices(point).block(point, index)

    def encode(self, architecture: Architecture) -> Point | None:
        """A point that means this network, or None where it does not lie in the space."""
        if (architecture.backbone, architecture.stem) != (self.backbone, self.stem):
            return None
        try:
            point = {"width": self.scaled_widths.index(architecture.widths), **self._numbers(architecture)}
        except ValueError:
            return None
        found = self._choices_of(architecture)
        for placement in self.placements if found is not None else ():
            point["placement"] = placement
            if all(self.mask(point, index) == mask for index, mask in enumerate(architecture.masks)):
                whole = self._first | point | (found or {})
                return {name: whole[name] for name in self.parameters}
        return None

    def __contains__(self, architecture: Architecture) -> bool:
        """Whether a point means this network."""
        return self.encode(architecture) is not None

    def costliest(self) -> Architecture:
        """The widest network with the most standard blocks, then the most light blocks, then the largest of these."""
        return max(self._with_numbers(max), key=_num_blocks)

    def cheapest(self) -> Architecture:
        """The narrowest network with the fewest standard blocks, then the fewest light blocks, the smallest ones."""
        return min(self._with_numbers(min), key=_num_blocks)

    def draw(self, generator: Random) -> Point:
        """A point, each of its values drawn alike."""
        return self.normal({name: parameter.draw(generator) for name, parameter in self.parameters.items()})

    def _with_numbers(self, pick: Callable[[Sequence[Any]], Any]) -> list[Architecture]:
        """For each placement and kind the network with the numbers, widths and sizes that ``pick`` picks."""
        point = dict(self._first)
        point["width"] = self.width_factors.index(pick(self.width_factors))
        for index, depth in enumerate(self.depths):
            point[f"stage{index}.n_standard"] = depth.standard.index(pick(depth.standard))
            point[f"stage{index}.n_mod"] = depth.mod.index(pick(depth.mod))
            point |= {choices.size_key(index): choices.rank_of(pick is max) for choices in self.blocks}
        kinds = [choices.kind for choices in self.blocks]
        return [self.decode({**point, "placement": name, "kind": kind}) for name in self.placements for kind in kinds]

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

    def _choices_of(self, architecture: Architecture) -> dict[str, int | str] | None:
        """The choices that give the network's light blocks; None where the space does not have them."""
        wanted = _light(architecture)
        for choices in self.blocks:
            if all(block.kind == choices.kind for _, _, block in wanted):
                found = choices.find(wanted, len(self.depths))
                return None if found is None else found | {"kind": choices.kind}
        return None


def _num_blocks(network: Architecture) -> tuple[int, int, float]:
    """Standard blocks, light blocks, and about how much work these do."""
    num_light = network.num_light_blocks
    work = sum(block.work for stage in network.stages for block in stage if not block.is_standard)
    return sum(network.depths) - num_light, num_light, float(work)


def _light(architecture: Architecture) -> list[tuple[int, int, Block]]:
    """The different light blocks of each stage, with the stage's index and channels."""
    found = {
        (index, architecture.out_channels[index], block): None
        for index, stage in enumerate(architecture.stages)
        for block in stage
        if not block.is_standard
    }
    return list(found)
