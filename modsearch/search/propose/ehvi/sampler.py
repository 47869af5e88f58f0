"""An Optuna sampler that learns one objective and knows the others."""

from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial
from scipy.spatial.distance import cdist
from threadpoolctl import ThreadpoolController

from modsearch.search.propose.ehvi.cost import Cost
from modsearch.search.propose.ehvi.gaussian_model import GaussianModel
from modsearch.search.propose.ehvi.improvement import Cells
from modsearch.search.propose.ehvi.observation import Aim, Observations
from modsearch.search.propose.ehvi.pool import Pool
from modsearch.search.propose.ehvi.subset import front, front_subset

Array = NDArray[np.float64]
Indices = NDArray[np.int_]

NUM_FIRST = 6
_NUM_MEASURED = 4
_NUM_SPREAD = 2_000
_MAX_FITTED = 200
_MAX_PAIRS = 300_000  # of fitted and ranked networks: milliseconds of an ask
_MIN_RANKED = 500


class EhviSampler(BaseSampler):
    """Proposes the candidate with the largest expected hypervolume improvement, each network once.

    Networks that lie far apart come first, until six are trained. Then a Gaussian process learns the learnt objective;
    the others are taken as measured, given or predicted. Networks that are being tried count as tried, with the value
    that is expected of them, so that parallel workers get different ones. Where there are many candidates they are
    ranked anew in turns: the best of the last rankings, and those that were not looked at for the longest time.

    Args:
        pool: the candidates.
        aim: what is searched for.
        seed: of what is drawn.
    """

    def __init__(self, pool: Pool, aim: Aim, seed: int | None = None) -> None:
        self.pool, self.aim = pool, aim
        self.observations = Observations(pool, aim)
        self._random = np.random.default_rng(seed)
        self._independent = RandomSampler(seed=seed)
        self._accuracy = GaussianModel(pool.groups)
        self._costs = {name: Cost(name, pool, self.observations) for name in aim.metrics}
        self._middle, self._scale = pool.centre_and_scale
        self._rank = np.zeros(0)
        self._ranked_at = np.zeros(0, int)  # counts rankings
        self._lock, self._threads = Lock(), ThreadpoolController()  # small matrices: threads would only wait

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every parameter of the candidates."""
        return {
            name: distribution for name, distribution in self.pool.distributions.items() if not distribution.single()
        }

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: Mapping[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The point of the next candidate; nothing where each was tried."""
        with self._lock, self._threads.limit(limits=1, user_api="blas"):
            self.observations.update(study, trial.number)
            index = self._choose()
            if index is None:
                return {}
            self.observations.expect(trial.number, index)
            return {name: self.pool.points[index][name] for name in search_space}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A random value."""
        return self._independent.sample_independent(study, trial, param_name, param_distribution)

    def reseed_rng(self) -> None:
        """Draw other random values; the choice among candidates is one for all threads."""
        self._independent.reseed_rng()

    def _choose(self) -> int | None:
        """The index of the next candidate, or None where each was tried."""
        self._grow()
        taken = np.fromiter(self.observations.settled.union(self.observations.running), int)
        is_free = np.ones(len(self.pool), bool)
        is_free[taken] = False
        free = np.flatnonzero(is_free)
        if not len(free):
            return None
        if len(self.observations.learnt) < NUM_FIRST:
            return self._farthest(free, taken)
        return self._best(free)

    def _grow(self) -> None:
        """Look around one network of the front that was not looked around."""
        learnt = self._learnt()
        if len(learnt) and not self.pool.is_complete:
            costs = self._measured(learnt)
            values = np.array([self.observations.learnt[index] for index in learnt])
            any(self.pool.grow(int(index)) for index in learnt[front(values, costs)])

    def _farthest(self, free: Indices, taken: Indices) -> int:
        """Of some candidates that are likely to keep the bounds, the one farthest from any taken network."""
        x_NF = self._features()
        some = self._random.permutation(free)[:_NUM_SPREAD]
        if not len(taken):
            return int(some[0])
        gaps = cdist(x_NF[some], x_NF[taken], "sqeuclidean").min(axis=1)
        if self.aim.bounds and len(self.observations.metrics) >= _NUM_MEASURED:
            self._update_costs(x_NF)
            probability = self._probability_of_bounds(some)
            gaps[probability < min(0.5, probability.max())] = -1.0
        return int(some[np.argmax(gaps)])

    def _best(self, free: Indices) -> int:
        """The candidate with the largest expected improvement, of those that are ranked now."""
        x_NF = self._features()
        self._update_costs(x_NF)
        learnt, value = self._believed(x_NF)
        some = self._shortlist(free, min(len(learnt), _MAX_FITTED))
        rank = self._improvement(learnt, value, some, x_NF[some])
        self._rank[some] = rank
        self._ranked_at[some] = self._ranked_at.max() + 1
        return int(some[np.argmax(rank)])

    def _believed(self, x_NF: Array) -> tuple[Indices, Array]:
        """Learn from the networks that were trained; those and the ones being tried, with what the model says of them.

        The model's mean stands for the measured value: the best of many noisy values is one that was lucky.
        """
        learnt, running = self._learnt(), np.array(self.observations.running, int)
        value = np.array([self.observations.learnt[index] for index in learnt])
        kept = front_subset(value, self._cost_of(learnt), _MAX_FITTED)
        x_kept, y_kept = x_NF[learnt[kept]], value[kept]
        self._accuracy.fit(x_kept, y_kept, len(learnt))
        if len(running):
            x_kept = np.concatenate([x_kept, x_NF[running]])
            y_kept = np.concatenate([y_kept, self._accuracy.mean(x_NF[running])])
            self._accuracy.fit(x_kept, y_kept, len(learnt))
        return np.concatenate([learnt[kept], running]), self._accuracy.mean(x_kept)

    def _improvement(self, learnt: Indices, value: Array, some: Indices, x_MF: Array) -> Array:
        """Expected hypervolume improvement of some candidates, times the probability that they keep the bounds."""
        allowed = [self.observations.keeps_bounds(self.observations.metrics.get(int(i), {})) for i in learnt]
        value, cost = value[allowed], self._cost_of(learnt[allowed])
        on_front = front(value, cost) if len(value) else np.zeros(0, int)
        floor = self.aim.floor if self.aim.floor is not None else float(value.min(initial=0.0))
        limit = np.array([self._costs[name].mean.max() for name in self.aim.costs])
        cells = Cells.cut(value[on_front], cost[on_front], (floor, limit))
        mean, deviation = self._accuracy.predict(x_MF)
        return cells.improvement(mean, deviation, self._cost_of(some)) * self._probability_of_bounds(some)

    def _update_costs(self, x_NF: Array) -> None:
        for cost in self._costs.values():
            cost.update(x_NF)

    def _probability_of_bounds(self, some: Indices) -> Array:
        probability = np.ones(len(some))
        for name, bound in self.aim.bounds.items():
            probability *= self._costs[name].probability_below(bound, some)
        return probability

    def _shortlist(self, free: Indices, num_fitted: int) -> Indices:
        """The candidates to be ranked now."""
        missing = len(self.pool) - len(self._rank)
        self._rank = np.concatenate([self._rank, np.full(missing, np.inf)])
        self._ranked_at = np.concatenate([self._ranked_at, np.zeros(missing, int)])
        most = max(_MIN_RANKED, _MAX_PAIRS // num_fitted)
        if len(free) <= most:
            return free
        best = free[np.argpartition(-self._rank[free], most // 2)[: most // 2]]
        others = np.setdiff1d(free, best, assume_unique=True)
        oldest = others[np.argsort(self._ranked_at[others], kind="stable")[: most - len(best)]]
        return np.concatenate([best, oldest])

    def _learnt(self) -> Indices:
        return np.fromiter(self.observations.learnt, int)

    def _measured(self, index: Indices) -> Array:
        metrics = self.observations.metrics
        return np.array([[metrics[int(i)][name] for name in self.aim.costs] for i in index])

    def _cost_of(self, index: Indices) -> Array:
        return np.column_stack([self._costs[name].mean[index] for name in self.aim.costs])

    def _features(self) -> Array:
        """Features of all candidates, centred and scaled."""
        return (self.pool.features - self._middle) / self._scale
