"""Where light blocks pay, as JSON."""

from dataclasses import asdict
from typing import Any

from modsearch.analysis import BlockChange, LightSize, PlacementInfo
from modsearch.statistic.contrast import Estimate


def placement_json(info: PlacementInfo) -> dict[str, Any]:
    """``slots`` are the places of blocks, ``effects`` what one change does: to accuracy, and to the log of the cost."""
    return {
        "cost": info.cost.name,
        "slots": [asdict(slot) for slot in info.slots],
        "effects": [
            {
                "change": change_words(effect.change, info.usual_size),
                "kind": effect.change.kind,
                "accuracy": _estimate_json(effect.accuracy),
                "log_cost": _estimate_json(effect.log_cost),
            }
            for effect in info.effects
        ],
        "unknown": [change_words(change, info.usual_size) for change in info.unknown],
    }


def change_words(change: BlockChange, usual: LightSize | None) -> str:
    """Such as ``one more light block in stage 2`` or ``MoD, c = 4 instead of MoD, c = 16``.

    Stages are counted as in tables of layers; ``usual`` is the size that is exchanged.
    """
    if change.size is None:
        return f"one more {change.kind} block in stage {change.stage}"
    return _size_words(change.size) + (f" instead of {_size_words(usual)}" if usual else "")


def _size_words(size: LightSize) -> str:
    return f"{size.label}, {size.name} = {size.value}" if size.name else size.label


def _estimate_json(found: Estimate) -> dict[str, float]:
    low, high = found.interval()
    return {"value": found.value, "low": low, "high": high}
