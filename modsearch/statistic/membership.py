"""Membership: how likely it is that a network belongs on the Pareto front of accuracy and its costs."""

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
        log_cost_KM: natural logarithms of one cost or several, such as latency.
        cost_error_KM: their standard errors.
    """

    accuracy_M: _Floats  # noqa: N815
    error_M: _Floats  # noqa: N815
    freedom_M: _Floats  # noqa: N815
    log_cost_KM: _Floats  # noqa: N815
    cost_error_KM: _Floats  # noqa: N815

    def draw(self, num: int, generator: np.random.Generator) -> tuple[_Floats, _Floats]:
        """Accuracies, but for what all share, and log costs that may be true at once: (num, M) and (K, num, M)."""
        shape = num, len(self.accuracy_M)
        chi2_DM = generator.chisquare(np.minimum(self.freedom_M, 1e9), shape) / np.minimum(self.freedom_M, 1e9)
        accuracy_DM = self.accuracy_M + self.error_M * generator.standard_normal(shape) / np.sqrt(chi2_DM)
        normal_KDM = generator.standard_normal((len(self.log_cost_KM), *shape))
        return accuracy_DM, self.log_cost_KM[:, None] + self.cost_error_KM[:, None] * normal_KDM


def front_shares(accuracy_DM: _Floats, log_cost_KDM: _Floats, gain: float = 0.0, saving: float = 0.0) -> _Floats:
    """In which share of the draws nothing dominates a network: (M,).

    Args:
        accuracy_DM: accuracies of M networks in D draws.
        log_cost_KDM: logarithms of each of their K costs.
        gain: is added to the network's accuracy before, as a fraction.
        saving: the share of each of its costs that is taken off before.
    """
    num = accuracy_DM.shape[1]
    found_M = np.empty(num)
    for network in range(num):
        own_D1 = accuracy_DM[:, network, None] + gain
        cost_KD1 = log_cost_KDM[:, :, network, None] + np.log1p(-saving)
        is_as_good_DM = (accuracy_DM >= own_D1) & (log_cost_KDM <= cost_KD1).all(axis=0)
        is_better_DM = (accuracy_DM > own_D1) | (log_cost_KDM < cost_KD1).any(axis=0)
        found_M[network] = 1 - (is_as_good_DM & is_better_DM).any(axis=1).mean()
    return found_M
