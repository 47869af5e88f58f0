"""RefineSource: the tasks of a refinement, networks of its plan that are trained anew with fresh seeds."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from modsearch.analysis import Evidence
from modsearch.record import Planned, Refined, RefinementPlan, Score, Task, Trial
from modsearch.search.error import SettingFailed
from modsearch.search.execute.assignment import Assignment, Outcome
from modsearch.search.execute.listener import Listener
from modsearch.search.execute.source import Ending
from modsearch.search.store.refinement_log import RefinementLog
from modsearch.search.store.study import Study
from modsearch.statistic.doubt import closest_calls

CLEAR = 3.0
"""Standard errors: a network whose closest call is farther than that is not trained again."""
_FIRST = 2
_ROUND = 6
_MAX_FAILURES = 2


@dataclass(frozen=True)
class Refinement:
    """What is to be done.

    Attributes:
        plan: the networks, and how each is trained.
        cost: the metric by which networks are called equally expensive.
        seeds: how often each is trained at most, at least 2.
        hours: when no further training begins, of all starts together; None for no such limit.
        scores: what the search knows, by the network's id, as it is reported.
        measured: what was measured of other networks since.
    """

    plan: RefinementPlan
    cost: str
    seeds: int
    hours: float | None = None
    scores: Mapping[str, Score] = field(default_factory=dict)
    measured: Mapping[str, Score] = field(default_factory=dict)

    @property
    def together(self) -> list[set[str]]:
        """Networks that have as many seeds as there are: those that controls are held against, and the controls."""
        return [{network.id, *network.control_of} for network in self.plan.networks if network.control_of]


class RefineSource:
    """Each network twice; then, six at a time, those of which it is least clear whether they belong on the front.

    The ladder is trained as often as the candidates that are held against it, and a network as often as its controls
    all ``seeds`` times, so that pairs stay pairs. A training that fails is tried again by the next start.

    Args:
        study: the record, opened for writing.
        listener: is told nothing by this source.
        trials: of the search; nothing is read from them.
        refinement: what is to be done.
    """

    def __init__(self, study: Study, listener: Listener, trials: Sequence[Trial], refinement: Refinement) -> None:
        self.ending: Ending | None = None
        self.is_waiting = False
        self._study, self._refinement, self._plan = study, refinement, refinement.plan
        self._log = RefinementLog(study)
        self._results = self._log.results_of(self._plan)
        self._known = _known(refinement, self._results)
        self._out: dict[int, Task] = {}
        self._failed: set[str] = set()
        self._failures: Counter[str] = Counter()
        self._round: deque[str] = deque()
        self._number = len(self._results)

    def next(self) -> Assignment | None:
        """The next training; None where all is clear or the hours are spent, or may be when what is out is back."""
        task = None if self._is_late() else next(self._due(), None)
        if task is None:
            if not self._out:
                self.ending = "hours" if self._is_late() else "exhausted"
            return None
        self._number += 1
        self._out[self._number] = task
        score = self._known.get(task.architecture.id)
        known = None if score is None else Outcome(self._number, "running", score)
        return Assignment(self._number, task, measured=known)

    def keep(self, number: int, score: Score) -> None:
        """Keep what was measured of a network that the search had not scored, until its first training is over.

        Raises:
            SettingFailed: it was timed on another machine than the search's networks.
        """
        for name, there in self._study.header.environments.items():
            here = score.metrics[name].environment if name in score.metrics else None
            if here is not None and here != there:
                raise SettingFailed(
                    f"Latencies of two environments do not compare: the study's {name} was measured on "
                    f"{there.describe()}; this is {here.describe()}"
                )
        self._known.setdefault(self._out[number].architecture.id, _untrained(score))

    def take(self, outcome: Outcome) -> Trial:
        """Record what a training gave."""
        task = self._out.pop(outcome.number)
        score, network = outcome.score, task.architecture.id
        if outcome.state == "complete" and score is not None:
            is_first = network not in self._refinement.scores and not any(
                result.task.architecture.id == network for result in self._results
            )
            kept = score if is_first else _trained(score)
            result = Refined(task=task, score=kept, seconds=outcome.seconds)
            self._log.keep(result)
            self._results.append(result)
        else:
            self._failed.add(task.key)
            self._failures[network] += 1
        return Trial(
            number=outcome.number,
            state=outcome.state,
            architecture=task.architecture,
            score=score,
            reason=outcome.reason,
            task=task.key,
            seconds=outcome.seconds,
        )

    def settled(self) -> Set[str]:
        """The keys of what was trained."""
        return {result.task.key for result in self._results}

    def _is_late(self) -> bool:
        hours = self._refinement.hours
        return hours is not None and sum(result.seconds for result in self._results) >= 3600 * hours

    def _due(self) -> Iterator[Task]:
        """What is to be trained now, first what all networks have in common."""
        yield from self._wanted(self._targets())
        if not self._round:
            self._round.extend(self._in_doubt())
        while self._round:
            network = self._plan.network(self._round.popleft())
            yield from self._wanted({network.id: self._num(network.id) + 1})

    def _wanted(self, targets: Mapping[str, int]) -> Iterator[Task]:
        """The trainings that networks lack of so many, one replicate after the other."""
        taken = self.settled() | self._failed | {task.key for task in self._out.values()}
        for replicate in range(1, max(targets.values(), default=0) + 1):
            for network in self._plan.networks:
                if targets.get(network.id, 0) >= replicate and self._failures[network.id] < _MAX_FAILURES:
                    task = Task(architecture=network.architecture, fidelity=self._plan.fidelity, replicate=replicate)
                    if task.key not in taken:
                        yield task

    def _targets(self) -> dict[str, int]:
        """How often each network is to be trained in any case."""
        targets = {network.id: _FIRST for network in self._plan.networks}
        targets |= {network: self._refinement.seeds for group in self._refinement.together for network in group}
        most = max((self._num(network.id) for network in self._candidates()), default=0)
        return targets | {rung.id: max(most, targets[rung.id]) for rung in self._plan.having("ladder")}

    def _in_doubt(self) -> list[str]:
        """The candidates of which it is least clear whether they belong on the front, as many as are in a round."""
        evidence = Evidence(self._plan, self._results, self._known, self._plan.fidelity.validation)
        known = [network.id for network in self._candidates() if evidence.is_comparable(network.id)]
        if len(known) < 2:
            return []
        accuracy_M = np.array([evidence.mean(network) for network in known])
        log_cost_M = np.array([evidence.log_cost(network, self._refinement.cost)[0] for network in known])

        def error(one: int, other: int) -> float:
            return evidence.difference(known[one], known[other]).error

        call_M = closest_calls(accuracy_M, log_cost_M, error)
        order = [int(index) for index in np.argsort(call_M, kind="stable") if call_M[index] < CLEAR]
        left = [known[index] for index in order if self._num(known[index]) < self._refinement.seeds]
        return left[:_ROUND]

    def _candidates(self) -> list[Planned]:
        return list(self._plan.having("member", "near", "chosen", "published"))

    def _num(self, network: str) -> int:
        """How often a network was trained, or is being."""
        done = [result.task for result in self._results]
        return sum(task.architecture.id == network for task in (*done, *self._out.values()))


def _known(refinement: Refinement, results: Sequence[Refined]) -> dict[str, Score]:
    """What is known of networks before they are trained, with what earlier starts measured."""
    names = set(refinement.scores) | set(refinement.measured)
    known = {name: _untrained(score) for name, score in {**refinement.measured, **refinement.scores}.items()}
    for result in results:
        if result.task.architecture.id not in names and len(result.score.metrics) > 1:
            known.setdefault(result.task.architecture.id, _untrained(result.score))
    return known


def _untrained(score: Score) -> Score:
    """What is known of a network without training it."""
    metrics = {name: measured for name, measured in score.metrics.items() if name != "accuracy"}
    return Score(metrics=metrics, timed=score.timed, speedups=score.speedups, uncounted=score.uncounted)


def _trained(score: Score) -> Score:
    """What only a training tells."""
    return Score(
        metrics={"accuracy": score.metrics["accuracy"]},
        learning_curve=score.learning_curve,
        correct=score.correct,
        selectivity=score.selectivity,
    )
