"""What a search will take, as a table and as JSON."""

from dataclasses import asdict
from typing import Any

from rich.table import Table

from modsearch.output.quantity import show_bytes, show_duration
from modsearch.output.table.fact import fact_table, show_limits
from modsearch.record import ImageCount, Plan, name_left_out

_RANGE = ("least", "usual", "most")


def plan_table(plan: Plan) -> Table:
    """One row a fact: the space, a trial, the whole search, the disk."""
    caption = "Timed on this machine, one trial after the other. Constraints and screening save a part of it."
    return fact_table(plan.name, _rows(plan), caption)


def plan_json(plan: Plan) -> dict[str, Any]:
    """The same as JSON values; times in seconds, ``total_s`` is null where nothing limits the search."""
    return {
        "study": plan.name,
        "num_points": plan.num_points,
        "num_networks": plan.num_networks,
        "num_trials": plan.num_trials,
        "images": asdict(plan.images),
        "trial_s": dict(zip(_RANGE, plan.trial_s, strict=True)),
        "total_s": dict(zip(_RANGE, plan.total_s, strict=True)) if plan.total_s else None,
        "disk_bytes": plan.disk_bytes,
        "timed": {
            role: {"id": network.id, "description": network.describe(), **asdict(cost)}
            for role, (network, cost) in plan.timed.items()
        },
        "away_s": plan.away_s,
        "budget": plan.budget.model_dump(mode="json"),
    }


def _rows(plan: Plan) -> list[tuple[str, str]]:
    rows = [
        ("space", f"{plan.num_networks:,} networks (exactly), {plan.num_points:,} points"),
        ("images", _images(plan.images)),
        ("a trial", _range(plan.trial_s)),
    ]
    light = " and ".join(sorted({network.light_label for network, _ in plan.timed.values()} - {""}))
    for role, (network, cost) in plan.timed.items():
        parts = f"timing {show_duration(cost.measure_s)}, training {show_duration(cost.train_s)}"
        name = role.replace("deleted", f"costliest, without its {light} blocks")
        rows.append(("", f"{name}: {parts}; {network.describe()}"))
    if plan.away_s is not None:
        rows.append(("elsewhere", f"about {show_duration(plan.away_s)} a network, while others are trained here"))
    rows += [
        ("budget", show_limits(plan.budget)),
        ("search", _range(plan.total_s) if plan.total_s else "not limited by networks or hours"),
        ("disk", ", ".join(f"{name} {show_bytes(size)}" for name, size in plan.disk_bytes.items() if size)),
    ]
    return rows


def _images(images: ImageCount) -> str:
    left_out = f"; left out: {name_left_out(images.left_out)}" if images.left_out else ""
    held_out = f", {images.held_out:,} held out" if images.held_out else ""
    return f"{images.train:,} for training, {images.validation:,} for validation{held_out}{left_out}"


def _range(seconds: tuple[float, float, float]) -> str:
    """The usual value, and the others where they differ from it."""
    least, usual, most = map(show_duration, seconds)
    return f"about {usual}" if least == most else f"about {usual} ({least} to {most}, cheapest to costliest network)"
