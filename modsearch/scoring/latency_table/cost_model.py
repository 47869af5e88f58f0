"""CostModel: the costs of parts, from the latencies of whole networks."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modsearch.architecture import Part, network_parts
from modsearch.record import PartCost, TimedNetwork
from modsearch.scoring.latency_table.part_list import form_of
from modsearch.statistic.interval import Z_95

Array = NDArray[np.float64]

_VAGUE = 10.0  # of a cost, as a fraction of the slowest network: nothing is known before
_DEVIATION = 0.1  # of a cost from the line over k, as a fraction of the mean block of the networks
_UNEXPLAINED = 0.01  # of a latency, that no sum of parts explains
_UNUSUAL = 2.0  # times the usual noise
_NORMAL_MEDIAN = 1.4826  # deviation / median of the absolute value


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
        for row, timing in enumerate(networks):
            for part, number in network_parts(timing.architecture).items():
                self._count_NP[row, column[part]] = number
        self._y_N = np.array([timing.relative_latency for timing in networks])
        mean_block = float(np.mean(self._y_N / self._count_NP.sum(axis=1)))
        self._prior_PP = _prior(self.parts, _VAGUE * float(self._y_N.max()), _DEVIATION * mean_block)
        noise_N = [_noise(timing) for timing in networks]
        covariance_NN = self._count_NP @ self._prior_PP @ self._count_NP.T + np.diag(noise_N)
        self._inverse_NN = np.linalg.inv(covariance_NN)

    def costs(self) -> tuple[PartCost, ...]:
        """Each part's cost with its 95 % interval."""
        gain_PN = self._prior_PP @ self._count_NP.T @ self._inverse_NN
        mean_P = gain_PN @ self._y_N
        variance_P = np.diag(self._prior_PP) - np.einsum("pn,np->p", gain_PN, self._count_NP @ self._prior_PP)
        half_P = Z_95 * np.sqrt(np.maximum(variance_P, 0))
        ends = zip(self.parts, mean_P.tolist(), half_P.tolist(), strict=True)
        return tuple(PartCost(part=part, value=mean, low=mean - half, high=mean + half) for part, mean, half in ends)

    def left_out(self) -> Array:
        """What the other networks predict for each network: (N,)."""
        return np.asarray(self._y_N - (self._inverse_NN @ self._y_N) / np.diag(self._inverse_NN))

    def log_error(self) -> float:
        """At most so far is log(predicted) from log(measured) for 95 % of the networks that are timed as well as usual.

        What the calibration networks show, each predicted by all others; all networks show it where the space is so
        small that none was left to be drawn. At most 10: a factor of 20,000.
        """
        is_drawn_N = np.array([timing.role == "calibration" for timing in self.networks])
        kept_N = is_drawn_N if is_drawn_N.any() else ~is_drawn_N
        error_N = np.abs(np.log(np.maximum(self.left_out(), 1e-9) / self._y_N))[kept_N]
        noise_N = np.array([_measured_deviation(timing) / timing.relative_latency for timing in self.networks])[kept_N]
        errors = np.sort(_without_noise(error_N, noise_N))
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


def _without_noise(error_N: Array, noise_N: Array) -> Array:
    """Errors as if all networks had been timed as well as usual.

    Usual is the median noise. What a network with more than twice that is off by is mostly noise: of its error as much
    is left as a network has, by the errors of the others, that is timed as usual.
    """
    usual = float(np.median(noise_N))
    is_bad_N = noise_N > _UNUSUAL * usual
    others = _NORMAL_MEDIAN * float(np.median(error_N[~is_bad_N]))
    expected_N = np.sqrt(others**2 + np.maximum(noise_N, usual) ** 2 - usual**2)
    return np.where(is_bad_N, others / np.maximum(expected_N, 1e-12), 1) * error_N


def _noise(timing: TimedNetwork) -> float:
    """Variance of a network's relative latency around the sum of its parts."""
    return float(_measured_deviation(timing) ** 2 + (_UNEXPLAINED * timing.relative_latency) ** 2)


def _measured_deviation(timing: TimedNetwork) -> float:
    """Of a network's relative latency, as its interval has it."""
    return (timing.high - timing.low) / (2 * Z_95)
