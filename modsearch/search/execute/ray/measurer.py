"""Measurers: networks are measured where nothing else runs on the device, and wait without holding a training slot."""

from collections.abc import Callable
from typing import Any

import ray

from modsearch.search.error import SearchFailed, SettingFailed
from modsearch.search.evaluator import Evaluator
from modsearch.search.execute.assignment import Assignment, Outcome, measure
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.ray.failure import start_failure
from modsearch.search.execute.ray.start import StartWatch
from modsearch.search.execute.ray.worker import MakeEvaluator
from modsearch.search.execute.setting import CheckedEvaluator
from modsearch.space import Probe, StudySpec


class Turns:
    """Measures in the process of the search, while nothing trains: a few networks at a time, then they are trained.

    Args:
        evaluator: of this process.
        num_at_once: so many are measured before training begins again.
    """

    def __init__(self, evaluator: Evaluator, num_at_once: int) -> None:
        self.evaluator, self.num_at_once = evaluator, num_at_once

    def measured(self, loop: Loop, num_training: int) -> list[tuple[Assignment, Outcome]]:
        """Nothing while anything trains, but for what is known already."""
        found: list[tuple[Assignment, Outcome]] = []
        while len(found) < self.num_at_once and (num_training == 0 or loop.is_known):
            assignment = loop.poll()
            if assignment is None:
                break
            found.append((assignment, measure(assignment, loop.study.spec, self.evaluator)))
        return found


class ReservedProbe:
    """An actor that holds its device alone, and measures one network after the other.

    Args:
        spec: the study.
        make_evaluator: is sent to the actor.
        settings: what Ray sets aside for it.
        num_ahead: networks that are measured or wait for it while others train.
        note: is told where it does not start.
    """

    def __init__(
        self,
        spec: StudySpec,
        make_evaluator: MakeEvaluator,
        settings: Probe,
        num_ahead: int,
        note: Callable[[str], None],
    ) -> None:
        resources = {settings.resource: 1} if settings.resource else {}
        options = {"num_cpus": settings.cpus, "num_gpus": settings.gpus, "resources": resources, "max_restarts": -1}
        self._actor: Any = ray.remote(_Probe).options(**options, max_task_retries=1).remote(spec, make_evaluator)
        self._num_ahead = num_ahead
        self._waiting: dict[Any, Assignment] = {}
        self._up: Any = None  # the answer that its actor is up
        self._watch = StartWatch(settings.resources, note)

    def measured(self, loop: Loop, num_training: int) -> list[tuple[Assignment, Outcome]]:
        """What it has measured; and it gets more to do."""
        self._watch.look(set() if self._is_up() else {"probe"})
        while len(self._waiting) < self._num_ahead and (assignment := loop.poll()) is not None:
            self._waiting[self._actor.measure.remote(assignment)] = assignment
        done = [answer for answer in self._waiting if ray.wait([answer], timeout=0)[0]]
        return [(assignment := self._waiting.pop(answer), _outcome(answer, assignment)) for answer in done]

    def _is_up(self) -> bool:
        """Whether its actor has started, or was lost, which its answers tell."""
        self._up = self._up or self._actor.is_up.remote()
        return bool(ray.wait([self._up], timeout=0)[0])


class _Probe:
    """The actor's side."""

    def __init__(self, spec: StudySpec, make_evaluator: MakeEvaluator) -> None:
        self.spec, self.evaluator = spec, CheckedEvaluator(make_evaluator(), spec)

    def is_up(self) -> bool:
        """Answered once it has started."""
        return True

    def measure(self, assignment: Assignment) -> Outcome:
        return measure(assignment, self.spec, self.evaluator)


def _outcome(answer: Any, assignment: Assignment) -> Outcome:
    try:
        outcome: Outcome = ray.get(answer)
    except SearchFailed as error:
        raise SearchFailed(str(getattr(error, "cause", error))) from None
    except ray.exceptions.RayError as error:
        if reason := start_failure(str(error)):
            raise SettingFailed(reason) from None
        first = (str(error).splitlines() or [""])[0]
        return Outcome(assignment.number, "failed", reason=f"the probe died: {first}"[:500])
    return outcome
