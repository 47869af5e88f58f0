"""Expected hypervolume improvement where one objective is learnt and the others are known.

With known costs c and accuracy A ~ N(m, s^2) a network gains, in each cell of the space of costs that it dominates, the
cell's volume times max(A - a, 0), where a is the best accuracy so far at costs up to the cell's. The expectation of the
sum is the sum of the expectations: exact, for any number of known objectives.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]

_MAX_CELLS = 3_000


@dataclass(frozen=True)
class Cells:
    """The space of K known costs below the reference point, cut at the costs of the front.

    Attributes:
        low_CK: lower corner of each of C cells.
        high_CK: upper corner.
        level_C: the best value of the learnt objective at costs up to the lower corner, or the reference's.
    """

    low_CK: Array  # noqa: N815
    high_CK: Array  # noqa: N815
    level_C: Array  # noqa: N815

    @classmethod
    def cut(cls, learnt_N: Array, cost_NK: Array, reference: tuple[float, Array]) -> Self:
        """The cells of N networks; the learnt objective is maximised, costs are minimised.

        Above 3,000 cells some of the cuts are left out. A cell then takes the best value at its lower corner for all of
        it, so that gains are overestimated a little.

        Args:
            learnt_N: values of the learnt objective.
            cost_NK: costs.
            reference: what the hypervolume is bounded by: the learnt objective's value and the K costs.
        """
        floor, limit_K = reference
        inside = (learnt_N > floor) & np.all(cost_NK < limit_K, axis=1)
        learnt_N, cost_NK = learnt_N[inside], cost_NK[inside]
        num_costs = len(limit_K)
        most = int(_MAX_CELLS ** (1 / num_costs))
        lows, highs = [], []
        for axis in range(num_costs):
            cuts = _thin(np.unique(cost_NK[:, axis]), most - 1)
            lows.append(np.concatenate([[-np.inf], cuts]))
            highs.append(np.concatenate([cuts, [limit_K[axis]]]))
        low_CK = np.stack([grid.ravel() for grid in np.meshgrid(*lows, indexing="ij")], axis=1)
        high_CK = np.stack([grid.ravel() for grid in np.meshgrid(*highs, indexing="ij")], axis=1)
        return cls(low_CK, high_CK, _levels(learnt_N, cost_NK, low_CK, floor))

    def improvement(self, mean_M: Array, deviation_M: Array, cost_MK: Array) -> Array:
        """Expected gain of hypervolume by each of M networks with a normal learnt objective and known costs."""
        volume_MC = np.ones((len(mean_M), len(self.level_C)))
        for axis in range(cost_MK.shape[1]):
            low_MC = np.maximum(self.low_CK[:, axis], cost_MK[:, axis, None])
            volume_MC *= np.maximum(self.high_CK[:, axis] - low_MC, 0.0)
        levels, where = np.unique(self.level_C, return_inverse=True)
        gain_ML = expected_excess(mean_M[:, None], deviation_M[:, None], levels)
        return np.asarray(np.einsum("mc,mc->m", volume_MC, gain_ML[:, where]))


def expected_excess(mean: Array, deviation: Array, level: Array) -> Array:
    """E[max(A - level, 0)] for A ~ N(mean, deviation^2)."""
    spread = np.maximum(deviation, 1e-12)
    z = (mean - level) / spread
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return np.asarray(spread * (density + z * ndtr(z)))


def _levels(learnt_N: Array, cost_NK: Array, low_CK: Array, floor: float) -> Array:
    """For each cell the best value of the networks whose costs are at most its lower corner."""
    level_C = np.full(len(low_CK), floor)
    for learnt, cost_K in zip(learnt_N, cost_NK, strict=True):
        covered_C = np.all(cost_K <= low_CK, axis=1)
        level_C[covered_C] = np.maximum(level_C[covered_C], learnt)
    return level_C


def _thin(sorted_values: Array, most: int) -> Array:
    """At most so many of the values, evenly through them, the first and the last among them."""
    if len(sorted_values) <= most:
        return sorted_values
    kept = np.unique(np.linspace(0, len(sorted_values) - 1, most).round().astype(int))
    return np.asarray(sorted_values[kept])
