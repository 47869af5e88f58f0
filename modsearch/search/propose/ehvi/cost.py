"""Costs: the metrics of every candidate that are known before training, measured, given or predicted."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from modsearch.search.propose.ehvi.gaussian_model import GaussianModel
from modsearch.search.propose.ehvi.observation import Observations
from modsearch.search.propose.ehvi.pool import Pool
from modsearch.search.propose.ehvi.subset import spread_subset

Array = NDArray[np.float64]

_GROWTH = 1.2
_MAX_FITTED = 250


class Cost:
    """One metric of every candidate. Predictions are renewed when a tenth more networks have been measured.

    A Gaussian process on the logarithm predicts it: the linear part of its kernel extrapolates as a ridge regression
    would, and the rest follows what is not linear in the blocks, as latency is not.

    Args:
        name: of the metric.
        pool: the candidates.
        observations: what was measured.

    Attributes:
        mean: value of each candidate.
        deviation: its standard deviation, 0 where it is known; of the logarithm if ``is_log``.
    """

    def __init__(self, name: str, pool: Pool, observations: Observations) -> None:
        self.name, self.pool, self.observations = name, pool, observations
        self.mean = np.array(pool.known.get(name, ()), float)
        self.deviation = np.zeros(len(self.mean))
        self._is_given, self._is_log = name in pool.known, False
        self._model = GaussianModel(pool.groups)
        self._fitted_at = 0

    def update(self, x_NF: Array) -> None:
        """Take in what was measured since. Does nothing for a metric that nobody has measured.

        Args:
            x_NF: scaled features of all candidates.
        """
        if self._is_given:
            return
        measured = {i: metrics[self.name] for i, metrics in self.observations.metrics.items() if self.name in metrics}
        if not measured:
            return
        index, value = np.fromiter(measured.keys(), int), np.fromiter(measured.values(), float)
        if len(index) >= _GROWTH * self._fitted_at:
            self._fit(x_NF[index], value)
            self._fitted_at, self.mean, self.deviation = len(index), np.zeros(0), np.zeros(0)
        if len(self.mean) < len(x_NF):
            mean, deviation = self._model.predict(x_NF[len(self.mean) :])
            self.mean = np.concatenate([self.mean, np.exp(mean) if self._is_log else mean])
            self.deviation = np.concatenate([self.deviation, deviation])
        self.mean[index], self.deviation[index] = value, 0.0

    def _fit(self, x_NF: Array, value_N: Array) -> None:
        kept = spread_subset(value_N, _MAX_FITTED)
        self._is_log = bool(np.all(value_N > 0))
        y_N = np.log(value_N) if self._is_log else value_N
        self._model.fit(x_NF[kept], y_N[kept], len(value_N))

    def probability_below(self, bound: float, index_M: NDArray[np.int_]) -> Array:
        """The probability that each of M candidates keeps a bound; 1 while nothing is known."""
        if not len(self.mean):
            return np.ones(len(index_M))
        mean, deviation = self.mean[index_M], np.maximum(self.deviation[index_M], 1e-9)
        if not self._is_log:
            return np.asarray(ndtr((bound - mean) / deviation))
        if bound <= 0:
            return np.zeros(len(index_M))
        return np.asarray(ndtr((np.log(bound) - np.log(mean)) / deviation))
