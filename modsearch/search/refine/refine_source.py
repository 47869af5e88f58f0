"""RefineSource: the tasks of a refinement, networks of its plan that are trained anew with fresh seeds."""

from collections.abc import Mapping, Sequence, Set

from modsearch.record import Environment, Refined, Score, Task, Trial
from modsearch.search.error import SettingFailed
from modsearch.search.execute.assignment import Assignment, Outcome
from modsearch.search.execute.listener import Listener
from modsearch.search.execute.source import Ending
from modsearch.search.refine.allotment import Allotment
from modsearch.search.refine.refinement import Refinement, Training, Trainings
from modsearch.search.store.refinement_log import RefinementLog
from modsearch.search.store.study import Study


class RefineSource:
    """Hands out what ``Allotment`` says. A training that fails is tried again by the next start.

    Args:
        study: the record, opened for writing.
        listener: is told nothing by this source.
        trials: of the search; nothing is read from them.
        refinement: what is to be done.
    """

    def __init__(self, study: Study, listener: Listener, trials: Sequence[Trial], refinement: Refinement) -> None:
        self.ending: Ending | None = None
        self.is_waiting = False
        self._refinement = refinement
        self._log = RefinementLog(study)
        self._trainings = Trainings(refinement, self._log.results_of(refinement.plan))
        self._allotment = Allotment(refinement)
        self._environments = known_environments(study, refinement.scores)
        self._number = len(self._trainings.results)

    @property
    def is_known(self) -> bool:
        """Whether the network of the next task need not be measured."""
        training = self._next()
        return training is not None and self._trainings.is_known(training[0])

    def next(self) -> Assignment | None:
        """The next training; None where all is clear or the hours are spent, or may be when what is out is back."""
        training = self._next()
        if training is None:
            if not self._trainings.out:
                self.ending = "hours" if self._is_late() else "exhausted"
            return None
        self._number += 1
        self._allotment.begin(training)
        self._trainings.begin(self._number, training)
        name, _ = training
        known = None
        if self._trainings.is_known(name):
            known = Outcome(self._number, "running", self._trainings.known[name])
        return Assignment(self._number, self._task(training), measured=known)

    def keep(self, number: int, score: Score) -> None:
        """Keep what was measured of a network that the search had not scored, until its first training is over.

        Raises:
            SettingFailed: it was timed on another machine than the search's networks.
        """
        check_environments(score, self._environments)
        self._trainings.measured(number, score)

    def take(self, outcome: Outcome) -> Trial:
        """Record what a training gave."""
        training = self._trainings.out[outcome.number]
        task, score, result = self._task(training), outcome.score, None
        if outcome.state == "complete" and score is not None:
            kept = score.trained() if self._trainings.is_stored(training[0]) else score
            result = Refined(task=task, score=kept, seconds=outcome.seconds)
            self._log.keep(result)
        self._trainings.end(outcome.number, result)
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
        return {result.task.key for result in self._trainings.results}

    def _next(self) -> Training | None:
        return None if self._is_late() else next(self._allotment.due(self._trainings), None)

    def _task(self, training: Training) -> Task:
        name, replicate = training
        architecture = self._refinement.networks[name].architecture
        return Task(architecture=architecture, fidelity=self._refinement.plan.fidelity, replicate=replicate)

    def _is_late(self) -> bool:
        hours = self._refinement.hours
        return hours is not None and self._trainings.seconds >= 3600 * hours


def known_environments(study: Study, scores: Mapping[str, Score]) -> dict[str, Environment]:
    """Metric -> where it was measured in a study, in its search or later."""
    found = dict(study.header.environments)
    for score in scores.values():
        for name, measured in score.metrics.items():
            if measured.environment is not None and name != "accuracy":
                found.setdefault(name, measured.environment)
    return found


def check_environments(score: Score, environments: Mapping[str, Environment]) -> None:
    """Raise SettingFailed where something was measured elsewhere than what it is compared with."""
    for name, there in environments.items():
        here = score.metrics[name].environment if name in score.metrics else None
        if here is not None and here != there:
            raise SettingFailed(
                f"Latencies of two environments do not compare: the study's {name} was measured on "
                f"{there.describe()}; this is {here.describe()}"
            )
