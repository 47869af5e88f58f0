"""Where light blocks pay, as JSON."""

from dataclasses import asdict
from typing import Any

from modsearch.analysis import BlockChange, PlacementInfo
from modsearch.statistic.contrast import Estimate


def placement_json(info: PlacementInfo) -> dict[str, Any]:
    """``slots`` are the places of blocks, ``effects`` what one change does: to accuracy, and to the log of the cost."""
    return {
        "cost": info.cost.name,
        "slots": [asdict(slot) for slot in info.slots],
        "effects": [
            {
                "change": change_words(effect.change),
                "kind": effect.change.kind,
                "accuracy": _estimate_json(effect.accuracy),
                "log_cost": _estimate_json(effect.log_cost),
            }
            for effect in info.effects
        ],
        "unknown": [change_words(change) for change in info.unknown],
    }


def change_words(change: BlockChange) -> str:
    """Such as ``one more light block in stage 2`` or ``c = 4``, as stages are counted in tables of layers."""
    if change.size is not None:
        size = change.size
        return f"{size.label}: {size.name} = {size.value}" if size.name else size.label
    return f"one more {change.kind} block in stage {change.stage}"


def _estimate_json(found: Estimate) -> dict[str, float]:
    low, high = found.interval()
    return {"value": found.value, "low": low, "high": high}
