"""Placements: where light blocks, such as MoD blocks, stand inside a stage.

A mask says for each block of a stage whether it is light: not standard. The first block of a stage never is.
"""

from collections.abc import Callable, Sequence
from typing import Literal, get_args

Mask = tuple[bool, ...]
PlacementName = Literal["none", "alternating", "every_third", "every_block", "per_stage", "free"]
Order = Literal["spread", "early", "late"]
ORDERS: tuple[Order, ...] = get_args(Order)

RULES: dict[PlacementName, Callable[[int], bool]] = {
    "none": lambda position: False,
    "alternating": lambda position: position % 2 == 1,
    "every_third": lambda position: position % 3 == 2,
    "every_block": lambda position: position > 0,
}
"""Placements that follow from the position alone, counted from 0. ``alternating`` is the paper's."""


def rule_mask(placement: PlacementName, depth: int) -> Mask:
    """The mask that a rule gives for a stage of ``depth`` blocks."""
    return tuple(RULES[placement](position) for position in range(depth))


def stage_allows(placement: PlacementName, mask: Mask) -> bool:
    """Whether a stage with ``mask`` may stand in a network of the given placement.

    ``per_stage`` lets each stage choose between alternating and none; ``free`` asks only for a standard first block.
    """
    if placement == "free":
        return not mask[0]
    if placement == "per_stage":
        return stage_allows("alternating", mask) or stage_allows("none", mask)
    return mask == rule_mask(placement, len(mask))


def name_placement(masks: Sequence[Mask]) -> PlacementName:
    """The simplest placement that describes a network: a rule if one fits every stage, else per_stage, else free."""
    for placement in get_args(PlacementName):
        if all(stage_allows(placement, mask) for mask in masks):
            return placement  # type: ignore[no-any-return]
    raise AssertionError("a stage starts with a light block")


def arrange(num_standard: int, num_mod: int, order: Order) -> Mask:
    """The mask of ``num_standard`` standard and ``num_mod`` light blocks in the given order; the first is standard.

    ``spread`` keeps like blocks apart, so that n and n, or n + 1 and n, blocks give the paper's alternation.
    """
    if order == "early":
        return (False,) + (True,) * num_mod + (False,) * (num_standard - 1)
    if order == "late":
        return (False,) * num_standard + (True,) * num_mod
    if num_mod > num_standard:
        groups = [(False,) + (True,) * size for size in _shares(num_mod, num_standard)]
    else:
        groups = [(False,) * size + (True,) for size in _shares(num_standard, num_mod + 1)]
        groups[-1] = groups[-1][:-1]
    return tuple(block for group in groups for block in group)


def _shares(total: int, parts: int) -> list[int]:
    """``total`` split into ``parts`` whole numbers as equal as possible, the larger ones first."""
    return [total // parts + (part < total % parts) for part in range(parts)]
