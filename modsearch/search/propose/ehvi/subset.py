"""Which networks a model learns from when there are too many of them."""

import numpy as np
from numpy.typing import NDArray

from modsearch.statistic import pareto_front

Array = NDArray[np.float64]


def front(learnt_N: Array, cost_NK: Array) -> NDArray[np.int_]:
    """Indices of the networks that no other one dominates; costs are minimised."""
    rows = np.column_stack([learnt_N, cost_NK])
    directions = ["maximize"] + ["minimize"] * cost_NK.shape[1]
    return np.asarray(pareto_front(rows.tolist(), directions), int)


def front_subset(learnt_N: Array, cost_NK: Array, most: int) -> NDArray[np.int_]:
    """The front and what lies nearest below it, and as many of the others, evenly from near to far."""
    if len(learnt_N) <= most:
        return np.arange(len(learnt_N))
    order = np.argsort(_shortfall(learnt_N, cost_NK), kind="stable")
    near, rest = order[: most // 2], order[most // 2 :]
    return np.sort(np.concatenate([near, rest[spread_subset(np.arange(len(rest), dtype=float), most - len(near))]]))


def spread_subset(value_N: Array, most: int) -> NDArray[np.int_]:
    """At most so many indices, evenly through the sorted values."""
    order = np.argsort(value_N, kind="stable")
    if len(order) <= most:
        return order
    return np.asarray(order[np.linspace(0, len(order) - 1, most).round().astype(int)])


def _shortfall(learnt_N: Array, cost_NK: Array) -> Array:
    """How much each network lies below the best one that costs no more."""
    best_N = np.full(len(learnt_N), -np.inf)
    for index in front(learnt_N, cost_NK):
        covers_N = np.all(cost_NK[index] <= cost_NK, axis=1)
        best_N[covers_N] = np.maximum(best_N[covers_N], learnt_N[index])
    return best_N - learnt_N
