"""Prediction: what the sampler's model says of networks that nobody trained."""

from collections.abc import Sequence
from math import inf, sqrt

import numpy as np
from threadpoolctl import threadpool_limits

from modsearch.architecture import Architecture
from modsearch.search.propose.ehvi.gaussian_model import GaussianModel, Vector
from modsearch.search.propose.ehvi.pool import Pool
from modsearch.search.propose.ehvi.subset import spread_subset
from modsearch.space import Space
from modsearch.statistic.contrast import Estimate

_MAX_FITTED = 250
_NUM_FOLDS = 5


class Prediction:
    """One metric, learnt from networks of a space.

    A model that is fitted to few networks takes luck for what it has learnt. So it is fitted again without a fifth of
    them at a time, and its noise is what lies between these and what it says of them, where that is more.

    Args:
        space: the networks.
        pool: of the space.
        values: of the metric, ten networks of the space or more with theirs.
    """

    def __init__(self, space: Space, pool: Pool, values: Sequence[tuple[Architecture, float]]) -> None:
        self._space, self._pool = space, pool
        self._middle, self._scale = pool.centre_and_scale
        kept = spread_subset(np.array([value for _, value in values]), _MAX_FITTED)
        x_NF = self._features([values[index][0] for index in kept])
        value_N = np.array([values[index][1] for index in kept])
        with _one_thread():
            self._model = GaussianModel(pool.groups).fit(x_NF, value_N)
            self._noise = max(self._model.noise, _noise(pool.groups, x_NF, value_N))

    def differences(self, network: Architecture, others: Sequence[Architecture]) -> list[Estimate]:
        """What single trainings or measurements of other networks would show, minus that of ``network``.

        All of them lie in the space.
        """
        x_MF = self._features([network, *others])
        with _one_thread():
            mean_M, deviation_M = self._model.differences(x_MF[0], x_MF[1:])
        error_M = np.hypot(deviation_M, sqrt(2) * self._noise)
        return [Estimate(*pair, inf) for pair in zip(mean_M.tolist(), error_M.tolist(), strict=True)]

    def _features(self, networks: Sequence[Architecture]) -> Vector:
        points = [self._space.encode(network) for network in networks]
        index = np.array([self._pool.find(point) for point in points if point is not None], int)
        assert len(index) == len(networks), "a network lies outside of the space"
        return np.asarray((self._pool.features[index] - self._middle) / self._scale)


def _noise(groups: tuple[int, ...], x_NF: Vector, value_N: Vector) -> float:
    """Standard deviation of values around what a model says that did not see them, beyond its own uncertainty."""
    fold_N = np.random.default_rng(0).permutation(len(value_N)) % _NUM_FOLDS
    excess_N = np.empty(len(value_N))
    for fold in range(_NUM_FOLDS):
        is_out_N = fold_N == fold
        model = GaussianModel(groups).fit(x_NF[~is_out_N], value_N[~is_out_N])
        mean_M, deviation_M = model.predict(x_NF[is_out_N])
        excess_N[is_out_N] = (value_N[is_out_N] - mean_M) ** 2 - deviation_M**2
    return sqrt(max(0.0, float(excess_N.mean())))


def _one_thread() -> threadpool_limits:
    """Small matrices: threads would only wait."""
    return threadpool_limits(limits=1, user_api="blas")
