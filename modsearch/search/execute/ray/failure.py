"""Failure: why a worker of a cluster was lost, from what Ray says of it."""

import re

_LOST = ("ray.exceptions.RaySystemError", "ray.exceptions.RayTaskError")
"""Ray's names for what user code raised, where it could not hand over the error itself."""


def failure_reason(text: str) -> str:
    """Ray's first line of a dead worker, the last one of an error that a worker raised."""
    lines = _lines(text) or ["no reason was given"]
    return (f"a worker failed: {lines[-1]}" if "ray::" in lines[0] else f"a worker died: {lines[0]}")[:300]


def start_failure(text: str) -> str:
    """Why a worker could not start; empty where it had, or where the cluster lost something meanwhile.

    Such an error is no network's: its module cannot be imported, say.
    """
    lines = _lines(text)
    is_start = bool(lines) and "creation task" in lines[0]
    if not is_start or (lines[-1].startswith("ray.exceptions.") and not lines[-1].startswith(_LOST)):
        return ""
    place = re.search(r"\bip=([^,)\s]+)", lines[0])
    return f"No worker can start{f' on {place[1]}' if place else ''}: {lines[-1]}"[:300]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
