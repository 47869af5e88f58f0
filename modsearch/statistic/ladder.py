"""Ladder: the accuracy that plain networks reach at some latency, between those of them that were trained."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rung:
    """Where a latency lies between two networks of a ladder, piecewise linear in log latency.

    Attributes:
        lower: position of the faster one.
        upper: that of the slower one.
        share: of the way from the one to the other, 0 to 1.
        width: log latency from the one to the other; 0 where the ladder has one latency.
    """

    lower: int
    upper: int
    share: float
    width: float

    def coefficient(self, position: int, ladder_K: Sequence[int], num: int) -> _Floats:
        """Of the gain of a network over the ladder, as a contrast of ``num`` networks: (num,).

        Args:
            position: of the network among all.
            ladder_K: of the ladder's networks among all, in the order in which the rung was found.
            num: how many networks there are.
        """
        coefficient_M = np.zeros(num)
        coefficient_M[position] += 1
        coefficient_M[ladder_K[self.lower]] -= 1 - self.share
        coefficient_M[ladder_K[self.upper]] -= self.share
        return coefficient_M

    def latency_variance(self, accuracy_K: Sequence[float], variance_K: Sequence[float], own_variance: float) -> float:
        """What uncertain latencies add to the variance of a gain of a network that is none of the ladder.

        Args:
            accuracy_K: of the ladder's networks.
            variance_K: of their log latencies.
            own_variance: of that of the network.
        """
        if not self.width:
            return 0.0
        slope = (accuracy_K[self.upper] - accuracy_K[self.lower]) / self.width
        of_ladder = (1 - self.share) ** 2 * variance_K[self.lower] + self.share**2 * variance_K[self.upper]
        return slope**2 * (own_variance + of_ladder)


def rung(log_latency: float, ladder_K: Sequence[float]) -> Rung | None:
    """Where a log latency lies on a ladder of log latencies; None beyond its ends: nothing is extrapolated."""
    order = np.argsort(ladder_K, kind="stable")
    sorted_K = np.asarray(ladder_K, float)[order]
    if not len(order) or not sorted_K[0] <= log_latency <= sorted_K[-1]:
        return None
    if sorted_K[0] == sorted_K[-1]:
        return Rung(int(order[0]), int(order[0]), 0.0, 0.0)
    after = int(max(np.searchsorted(sorted_K, sorted_K[0], "right"), np.searchsorted(sorted_K, log_latency)))
    width = float(sorted_K[after] - sorted_K[after - 1])
    share = float(log_latency - sorted_K[after - 1]) / width
    return Rung(int(order[after - 1]), int(order[after]), share, width)
