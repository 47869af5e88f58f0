"""Membership: how likely it is that a network belongs on the Pareto front of accuracy and its costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_USUAL_OWN = 0.01
_OWN_T = _USUAL_OWN * 2.0 ** np.arange(-4, 5, 0.5)
_ANY = 1.0  # deviation of what may be anything, for a fraction


@dataclass(frozen=True, eq=False)
class Belief:
    """What is known of M networks, each as a t distribution.

    The best of several uncertain values looks better than it is, and each of many rivals has a chance to be it. So a
    network's true accuracy is taken to be what is usual at its costs for one of its kind, and something of its own; and
    is moved towards what the others say of it, the more so the less is known of it by itself. The curve is a parabola
    in the logarithm of each cost, which may be anything. How large what is a network's own is counts by how well it
    explains the accuracies (empirical Bayes over a grid); before them, some 1 point is expected.

    Attributes:
        accuracy_M: as fractions.
        error_M: their standard errors, without what all networks share, such as the choice of validation images: those
            of each network against the mean of all.
        freedom_M: degrees of freedom of these.
        log_cost_KM: natural logarithms of one cost or several, such as latency.
        cost_error_KM: their standard errors.
        kind_M: a number for networks of a kind, such as plain ones; all alike where it is not given.
        own: deviation of what is a network's own, where it is not to be learnt; 1 to take each accuracy for itself.
    """

    accuracy_M: _Floats  # noqa: N815
    error_M: _Floats  # noqa: N815
    freedom_M: _Floats  # noqa: N815
    log_cost_KM: _Floats  # noqa: N815
    cost_error_KM: _Floats  # noqa: N815
    kind_M: NDArray[np.int_] | None = None  # noqa: N815
    own: float | None = None

    def draw(self, num: int, generator: np.random.Generator) -> tuple[_Floats, _Floats]:
        """Accuracies, but for what all share, and log costs that may be true at once: (num, M) and (K, num, M)."""
        shape = num, len(self.accuracy_M)
        normal_KDM = generator.standard_normal((len(self.log_cost_KM), *shape))
        log_cost_KDM = self.log_cost_KM[:, None] + self.cost_error_KM[:, None] * normal_KDM
        return self._accuracies(shape, generator), log_cost_KDM

    def _accuracies(self, shape: tuple[int, int], generator: np.random.Generator) -> _Floats:
        """Normal around what is expected, and as much wider as variances are that were known better than they are."""
        grid_T = _OWN_T if self.own is None else np.array([self.own])
        found = [self._posterior(own) for own in grid_T]
        odds_T = np.array([odds for odds, _, _ in found]) - 0.5 * np.log2(grid_T / _USUAL_OWN) ** 2
        share_T = np.exp(odds_T - odds_T.max())
        nums_T = generator.multinomial(shape[0], share_T / share_T.sum())
        freedom_M = np.minimum(self.freedom_M, 1e9)
        wider_DM = 1 / np.sqrt(generator.chisquare(freedom_M, shape) / freedom_M)
        off_DM, expected_DM = generator.standard_normal(shape), np.empty(shape)
        ends = np.cumsum(nums_T)
        for (_, mean_M, root_MM), start, end in zip(found, ends - nums_T, ends, strict=True):
            expected_DM[start:end], off_DM[start:end] = mean_M, off_DM[start:end] @ root_MM.T
        return np.asarray(self.accuracy_M.mean() + expected_DM + wider_DM * off_DM)

    def _posterior(self, own: float) -> tuple[float, _Floats, _Floats]:
        """Log likelihood of the accuracies, and what is expected of them: mean (M,), and a root (M, M) of covariance.

        Around the mean of all.
        """
        measured_M = self.accuracy_M - self.accuracy_M.mean()
        signal_MM = self._usual() + own**2 * np.eye(len(measured_M))
        total_MM = signal_MM + np.diag(np.maximum(self.error_M, 1e-9) ** 2)
        gain_MM = np.linalg.solve(total_MM, signal_MM).T
        odds = -0.5 * (measured_M @ np.linalg.solve(total_MM, measured_M) + np.linalg.slogdet(total_MM).logabsdet)
        covariance_MM = signal_MM - gain_MM @ signal_MM
        values_M, vectors_MM = np.linalg.eigh((covariance_MM + covariance_MM.T) / 2)
        return float(odds), gain_MM @ measured_M, vectors_MM * np.sqrt(np.maximum(values_M, 0))

    def _usual(self) -> _Floats:
        """Covariance (M, M) of what is usual: a level, a slope and a bend by each cost, and a level of each kind."""
        spread_K1 = self.log_cost_KM.std(axis=1, keepdims=True)
        middle_KM = self.log_cost_KM - self.log_cost_KM.mean(axis=1, keepdims=True)
        x_KM = middle_KM / np.where(spread_K1 > 0, spread_K1, 1.0)
        rows = [np.ones_like(self.accuracy_M), *x_KM, *x_KM**2]
        kind_M = np.zeros(len(self.accuracy_M)) if self.kind_M is None else self.kind_M
        rows += [np.asarray(kind_M == kind, float) for kind in np.unique(kind_M)[1:]]
        row_FM = np.array(rows)
        return np.asarray(_ANY**2 * row_FM.T @ row_FM)


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
