"""How it is said how far a network's selection depends on the image."""

from typing import Any

from modsearch.output.quantity import show_value
from modsearch.record import Score, Selectivity

STATIC_MARK = "="
STATIC_NOTE = f"{STATIC_MARK} at least half of its selectors pick the same channels for 95 % of the images"


def selectivity_rows(score: Score) -> list[str]:
    """One line a block, such as ``stage 1 block 2: other channels for 41.0 % of the images, 0.0 % tied``."""
    return [_row(block) for block in score.selectivity]


def selectivity_json(score: Score) -> dict[str, Any]:
    """``selectivity``, one object a block, and ``hardly_selects``; null where nothing chooses, or nobody looked."""
    blocks = [block.model_dump() | {"is_static": block.is_static} for block in score.selectivity]
    return {"selectivity": blocks, "hardly_selects": score.hardly_selects if blocks else None}


def _row(block: Selectivity) -> str:
    other, tied = (show_value(share, "fraction") for share in (block.other_set, block.tied))
    verdict = ", hardly a selection" if block.is_static else ""
    return f"stage {block.stage} block {block.index}: other channels for {other} of the images, {tied} tied{verdict}"
