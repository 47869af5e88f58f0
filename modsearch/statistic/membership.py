"""Membership: how likely it is that a network belongs on the Pareto front of accuracy and latency."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Belief:
    """What is known of M networks, each as a t distribution.

    Attributes:
        accuracy_M: as fractions.
        error_M: their standard errors, without what all networks share, such as the choice of validation images: those
            of each network against the mean of all.
        freedom_M: degrees of freedom of these.
        log_latency_M: natural logarithms.
        latency_error_M: their standard errors.
    """

    accuracy_M: _Floats  # noqa: N815
    error_M: _Floats  # noqa: N815
    freedom_M: _Floats  # noqa: N815
    log_latency_M: _Floats  # noqa: N815
    latency_error_M: _Floats  # noqa: N815

    def draw(self, num: int, generator: np.random.Generator) -> tuple[_Floats, _Floats]:
        """Accuracies, but for what all share, and log latencies that may be true at once: (num, M) each."""
        shape = num, len(self.accuracy_M)
        chi2_DM = generator.chisquare(np.minimum(self.freedom_M, 1e9), shape) / np.minimum(self.freedom_M, 1e9)
        accuracy_DM = self.accuracy_M + self.error_M * generator.standard_normal(shape) / np.sqrt(chi2_DM)
        log_latency_DM = self.log_latency_M + self.latency_error_M * generator.standard_normal(shape)
        return accuracy_DM, log_latency_DM


def front_shares(accuracy_DM: _Floats, log_latency_DM: _Floats, gain: float = 0.0, saving: float = 0.0) -> _Floats:
    """In which share of the draws nothing dominates a network: (M,).

    Args:
        accuracy_DM: accuracies of M networks in D draws.
        log_latency_DM: their log latencies.
        gain: is added to the network's accuracy before, as a fraction.
        saving: the share of its latency that is taken off before.
    """
    num = accuracy_DM.shape[1]
    found_M = np.empty(num)
    for network in range(num):
        own_D1 = accuracy_DM[:, network, None] + gain
        cost_D1 = log_latency_DM[:, network, None] + np.log1p(-saving)
        is_as_good_DM = (accuracy_DM >= own_D1) & (log_latency_DM <= cost_D1)
        is_better_DM = (accuracy_DM > own_D1) | (log_latency_DM < cost_D1)
        found_M[network] = 1 - (is_as_good_DM & is_better_DM).any(axis=1).mean()
    return found_M
