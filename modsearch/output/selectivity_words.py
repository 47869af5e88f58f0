"""How it is said how far a network's selection depends on the image."""

from collections.abc import Sequence
from typing import Any

from modsearch.analysis import FrontPoint
from modsearch.output.quantity import show_value
from modsearch.record import Score, Selectivity

STATIC_MARK = "="
STATIC_NOTE = f"{STATIC_MARK} at least half of its selectors pick the same channels for 95 % of the images"


def static_summary(points: Sequence[FrontPoint]) -> str:
    """A sentence on the MoD networks that hardly select by the image; empty where no network could."""
    choosing = [each for each in points if each.score.selectivity]
    if not choosing:
        return ""
    num_static = sum(each.score.hardly_selects for each in choosing)
    return (
        f"In {num_static} of {len(choosing)} MoD networks that choose by the image, the choice hardly depends on it: "
        "at least half of their selectors pick the same channels for 95 % of the images."
    )


def selectivity_rows(score: Score) -> list[str]:
    """One line a block, such as ``stage 1 block 2: other channels for 41.0 % of the images, 0.0 % tied``."""
    return [_row(each) for each in score.selectivity]


def selectivity_json(score: Score) -> dict[str, Any]:
    """``selectivity``, one object a block, and ``hardly_selects``; null where nothing chooses, or nobody looked."""
    blocks = [each.model_dump() | {"is_static": each.is_static} for each in score.selectivity]
    return {"selectivity": blocks, "hardly_selects": score.hardly_selects if blocks else None}


def _row(block: Selectivity) -> str:
    other, tied = (show_value(each, "fraction") for each in (block.other_set, block.tied))
    verdict = ", hardly a selection" if block.is_static else ""
    return f"stage {block.stage} block {block.index}: other channels for {other} of the images, {tied} tied{verdict}"
