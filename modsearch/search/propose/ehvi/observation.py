"""Observations: what the trials of a study say about the networks of a pool."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from modsearch.search.propose.ehvi.pool import Pool

Metrics = Mapping[str, float]


@dataclass(frozen=True)
class Aim:
    """What is searched for.

    Attributes:
        objectives: names of the study's objectives in its order.
        learnt: the objective that costs a training run. All other metrics are known before, or predicted.
        floor: its worst value that is worth anything, such as that of guessing; the worst found where not given.
        bounds: metric -> the largest value allowed.
        read: the metrics that a trial carries besides its values; a trial that was pruned may have some.
    """

    objectives: tuple[str, ...]
    learnt: str
    floor: float | None = None
    bounds: Mapping[str, float] = field(default_factory=dict)
    read: Callable[[FrozenTrial], Metrics] = lambda trial: {}

    @property
    def costs(self) -> tuple[str, ...]:
        """The objectives that are known."""
        return tuple(name for name in self.objectives if name != self.learnt)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every metric that must be predicted for a network that was not measured."""
        return tuple(dict.fromkeys((*self.costs, *self.bounds)))


class Observations:
    """What is known about each network of a pool, by its index there. Finished trials are read once.

    Attributes:
        learnt: values of the learnt objective; larger is better.
        metrics: metrics that were measured; larger is worse.
        running: networks that are being tried, in the order of proposal.
        settled: networks that need no further trial.
    """

    def __init__(self, pool: Pool, aim: Aim) -> None:
        self.pool, self.aim = pool, aim
        self.learnt: dict[int, float] = {}
        self.metrics: dict[int, dict[str, float]] = {}
        self.running: list[int] = []
        self.settled: set[int] = set()
        self._asked: dict[int, int] = {}
        self._read: set[int] = set()  # numbers of trials
        self._num_read = 0

    def expect(self, number: int, index: int) -> None:
        """A network was proposed; its trial may not have stored a parameter yet."""
        self._asked[number] = index

    def update(self, study: Study, number: int) -> None:
        """Read what is new in a study for the trial of this number."""
        signs = dict(zip(self.aim.objectives, map(_sign, study.directions), strict=True))
        self.running = []
        trials = study.get_trials(deepcopy=False)
        while self._num_read < len(trials) and trials[self._num_read].number in self._read:
            self._num_read += 1
        for trial in trials[self._num_read :]:
            if trial.number in self._read or trial.number == number or trial.state is TrialState.WAITING:
                continue
            index = self._index(trial)
            if trial.state is TrialState.RUNNING:
                if index is not None and index not in self.learnt:
                    self.running.append(index)
                    self._measure(index, trial)
                continue
            self._read.add(trial.number)
            self._asked.pop(trial.number, None)
            if index is not None:
                self._enter(index, trial, signs)

    def _index(self, trial: FrozenTrial) -> int | None:
        if trial.number in self._asked and not trial.state.is_finished():
            return self._asked[trial.number]
        fixed = trial.system_attrs.get("fixed_params", {})
        return self.pool.find({**fixed, **trial.params})

    def _enter(self, index: int, trial: FrozenTrial, signs: Mapping[str, int]) -> None:
        self._measure(index, trial)
        if trial.state is TrialState.COMPLETE:
            values = {name: signs[name] * value for name, value in zip(self.aim.objectives, trial.values, strict=True)}
            self.learnt[index] = -values.pop(self.aim.learnt)
            self.metrics.setdefault(index, {}).update(values)
        if trial.state is TrialState.COMPLETE or not self._is_pardoned(trial, self.metrics.get(index, {})):
            self.settled.add(index)

    def _measure(self, index: int, trial: FrozenTrial) -> None:
        """Take in what a trial measured, as it does before it trains."""
        measured = {name: value for name, value in self.aim.read(trial).items() if name in self.aim.metrics}
        if measured:
            self.metrics.setdefault(index, {}).update(measured)

    def _is_pardoned(self, trial: FrozenTrial, measured: Metrics) -> bool:
        """Whether a network was left untrained for a bound that has been raised since."""
        if trial.state is not TrialState.PRUNED or not self.aim.bounds:
            return False
        return self.keeps_bounds(measured)

    def keeps_bounds(self, measured: Metrics) -> bool:
        """Whether nothing that was measured lies above its bound."""
        return all(measured[name] <= bound for name, bound in self.aim.bounds.items() if name in measured)


def _sign(direction: StudyDirection) -> int:
    return 1 if direction is StudyDirection.MINIMIZE else -1
