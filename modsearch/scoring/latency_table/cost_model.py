"""CostModel: the costs of parts, from the latencies of whole networks."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modsearch.architecture import Part, network_parts
from modsearch.record import PartCost, TimedNetwork
from modsearch.scoring.latency_table.part_list import form_of

Array = NDArray[np.float64]

_Z_95 = 1.959964
_VAGUE = 10.0  # of a cost, as a fraction of the slowest network: nothing is known before
_DEVIATION = 0.1  # of a cost from the line over k, as a fraction of the mean block of the networks
_UNEXPLAINED = 0.01  # of a latency, that no sum of parts explains


class CostModel:
    """Bayesian linear regression: a network's relative latency is the sum of the costs of its parts.

    Before anything is timed costs are independent and next to unknown, but those of MoD blocks that differ in k alone
    lie near a straight line over k. The noise of a network is its interval, and a hundredth of its latency that no sum
    explains.

    Args:
        parts: P of them, all that the networks have.
        networks: N that were timed.
    """

    def __init__(self, parts: Sequence[Part], networks: Sequence[TimedNetwork]) -> None:
        self.parts, self.networks = tuple(parts), tuple(networks)
        column = {part: index for index, part in enumerate(parts)}
        self._count_NP = np.zeros((len(networks), len(parts)))
        for row, each in enumerate(networks):
            for part, number in network_parts(each.architecture).items():
                self._count_NP[row, column[part]] = number
        self._y_N = np.array([each.relative_latency for each in networks])
        mean_block = float(np.mean(self._y_N / self._count_NP.sum(axis=1)))
        self._prior_PP = _prior(self.parts, _VAGUE * float(self._y_N.max()), _DEVIATION * mean_block)
        noise_N = [_noise(each) for each in networks]
        covariance_NN = self._count_NP @ self._prior_PP @ self._count_NP.T + np.diag(noise_N)
        self._inverse_NN = np.linalg.inv(covariance_NN)

    def costs(self) -> tuple[PartCost, ...]:
        """Each part's cost with its 95 % interval."""
        gain_PN = self._prior_PP @ self._count_NP.T @ self._inverse_NN
        mean_P = gain_PN @ self._y_N
        variance_P = np.diag(self._prior_PP) - np.einsum("pn,np->p", gain_PN, self._count_NP @ self._prior_PP)
        half_P = _Z_95 * np.sqrt(np.maximum(variance_P, 0))
        ends = zip(self.parts, mean_P.tolist(), half_P.tolist(), strict=True)
        return tuple(PartCost(part=part, value=mean, low=mean - half, high=mean + half) for part, mean, half in ends)

    def left_out(self) -> Array:
        """What the other networks predict for each network: (N,)."""
        return np.asarray(self._y_N - (self._inverse_NN @ self._y_N) / np.diag(self._inverse_NN))

    def log_error(self) -> float:
        """At most so far is log(predicted) from log(measured) for 95 % of the calibration networks, each left out.

        Of all networks where the space is so small that none was left to be drawn. At most 10: a factor of 20,000.
        """
        is_drawn_N = np.array([each.role == "calibration" for each in self.networks])
        kept_N = is_drawn_N if is_drawn_N.any() else ~is_drawn_N
        log_ratio_N = np.log(np.maximum(self.left_out(), 1e-9) / self._y_N)
        errors = sorted(np.abs(log_ratio_N[kept_N]).tolist())
        return min(10.0, float(errors[min(len(errors), math.ceil(0.95 * (len(errors) + 1))) - 1]))


def _prior(parts: Sequence[Part], vague: float, deviation: float) -> Array:
    """Covariance (P, P) of the costs before anything is timed."""
    form_P = np.unique([str(form_of(part)) for part in parts], return_inverse=True)[1]
    k_P = np.array([float(part.k or 0) for part in parts])
    largest_P = np.array([max(k_P[form_P == form].max(), 1.0) for form in form_P])
    share_P = k_P / largest_P
    is_same_PP = form_P[:, None] == form_P
    line_PP = vague**2 * (1 + np.outer(share_P, share_P)) * is_same_PP
    return np.asarray(line_PP + deviation**2 * np.eye(len(parts)))


def _noise(each: TimedNetwork) -> float:
    """Variance of a network's relative latency around the sum of its parts."""
    measured = (each.high - each.low) / (2 * _Z_95)
    return float(measured**2 + (_UNEXPLAINED * each.relative_latency) ** 2)
