"""Depth: how many blocks of each kind a stage may have, and in which order they can stand."""

from collections.abc import Sequence
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture import Mask, NonNegativeInt, Order, PlacementName, PositiveInt, arrange, rule_mask
from modsearch.message import must_be
from modsearch.space.choice import check_distinct

_AT_MOST = Field(le=200)  # ResNet-1202 for CIFAR has 200 blocks a stage; more are a slip of the finger


class Depth(BaseModel):
    """How many blocks of each kind a stage may have.

    Attributes:
        standard: numbers of standard blocks, each at least 1.
        mod: numbers of light blocks, such as MoD blocks; with 0 among them, a network's deleted form lies in the space.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    standard: tuple[Annotated[PositiveInt, _AT_MOST], ...] = Field(min_length=1)
    mod: tuple[Annotated[NonNegativeInt, _AT_MOST], ...] = Field(min_length=1)

    def mask(self, placement: PlacementName, num_standard: int, num_mod: int, order: Order) -> Mask:
        """The mask for these numbers; a named placement takes the nearest ones that its rule allows."""
        if placement == "free":
            return arrange(num_standard, num_mod, order)
        masks = _rule_masks(self, placement)
        return min(masks, key=lambda mask: (abs(mask.count(False) - num_standard), abs(sum(mask) - num_mod)))

    def can_hold_light(self, placements: Sequence[PlacementName]) -> bool:
        """Whether one of the placements can give the stage a light block."""
        return any(
            max(self.mod) > 0 if name == "free" else any(any(mask) for mask in _rule_masks(self, name))
            for name in placements
        )


def check_depth(path: str, depth: Depth, placements: Sequence[PlacementName]) -> None:
    """Raise ValueError where a number stands twice, or where a placement fits none of the numbers."""
    check_distinct(f"{path}.standard", depth.standard)
    check_distinct(f"{path}.mod", depth.mod)
    for placement in placements:
        if placement != "free" and not _rule_masks(depth, placement):
            rule = f"such that {placement} fits at least one of standard {list(depth.standard)}"
            raise ValueError(must_be(f"{path}.mod", rule, list(depth.mod)))


@cache
def _rule_masks(depth: Depth, placement: PlacementName) -> tuple[Mask, ...]:
    """The masks of a stage that follow the placement's rule and have the numbers of blocks that ``depth`` lists."""
    rules: tuple[PlacementName, ...] = ("none", "alternating") if placement == "per_stage" else (placement,)
    sizes = range(1, max(depth.standard) + max(depth.mod) + 1)
    masks = {rule_mask(rule, size) for rule in rules for size in sizes}
    return tuple(sorted(mask for mask in masks if mask.count(False) in depth.standard and sum(mask) in depth.mod))
