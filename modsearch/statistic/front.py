"""Dominance, Pareto front and hypervolume."""

from collections.abc import Sequence

import moocore
import numpy as np


def pareto_front(values: Sequence[Sequence[float]], directions: Sequence[str]) -> list[int]:
    """Indices of the points that no other point dominates; points with equal values stay together.

    Args:
        values: one row a point, one column an objective.
        directions: ``maximize`` or ``minimize`` for each column.
    """
    if not values:
        return []
    kept = moocore.is_nondominated(np.asarray(values, float), maximise=_maximise(directions), keep_weakly=True)
    return [int(index) for index in np.flatnonzero(kept)]


def dominates(better: Sequence[float], worse: Sequence[float], directions: Sequence[str]) -> bool:
    """Whether ``better`` is as good everywhere and better somewhere."""
    gains = [a - b if way == "maximize" else b - a for a, b, way in zip(better, worse, directions, strict=True)]
    return min(gains) >= 0 and max(gains) > 0


def hypervolume(values: Sequence[Sequence[float]], directions: Sequence[str], reference: Sequence[float]) -> float:
    """Volume that the points dominate, down to the reference point; 0 for points that are worse than it anywhere."""
    if not values:
        return 0.0
    rows = np.asarray(values, float)
    return float(moocore.hypervolume(rows, ref=np.asarray(reference, float), maximise=_maximise(directions)))


def _maximise(directions: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray([way == "maximize" for way in directions])
