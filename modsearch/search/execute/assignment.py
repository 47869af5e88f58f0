"""Assignment: a task on its way, what scoring it takes and gives, wherever it is done."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from modsearch.record import Epoch, OnEpoch, Score, State, Task, violations
from modsearch.search.error import SearchFailed, StorageFailed, is_disk_full, memory_advice, one_line
from modsearch.search.evaluator import Evaluator
from modsearch.search.execute.time_limit import time_limit
from modsearch.search.propose.screen import Screen
from modsearch.space import StudySpec

Late = Callable[[], Score | None]
"""What became known of a network since it was measured here."""


@dataclass(frozen=True)
class Assignment:
    """A task that was handed out.

    Attributes:
        number: of its trial.
        task: which network is to be scored, and how it is trained.
        screen: what judges it while it trains; None for one that is trained to the end.
        measured: all that is known before training; None where whoever has it must measure it.
        trained: its score, where an earlier search trained it and only waited for another machine.
    """

    number: int
    task: Task
    screen: Screen | None = None
    measured: "Outcome | None" = None
    trained: Score | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it so far.

    Attributes:
        number: of the trial.
        state: ``running`` for a network that was measured and is to be trained, else how its trial ended.
        score: all that is known; None for a network that failed.
        reason: why it failed or was pruned.
        seconds: that it took.
        weights: the trained weights of a complete one, as safetensors.
    """

    number: int
    state: State
    score: Score | None = None
    reason: str = ""
    seconds: float = 0.0
    weights: bytes = b""


class _Stopped(Exception):  # noqa: N818
    """A network breaks a constraint, or cannot reach the front."""

    def __init__(self, reason: str, score: Score) -> None:
        super().__init__(reason)
        self.score = score


def measure(assignment: Assignment, spec: StudySpec, evaluator: Evaluator) -> Outcome:
    """Everything that is known before training; ``pruned`` for a network that violates a constraint.

    Nothing is measured where that is known already. Whatever goes wrong with the network is an outcome.

    Raises:
        StorageFailed: the disk is full.
        SettingFailed: every network would fail, where the evaluator finds that out.
        KeyboardInterrupt: Ctrl-C.
    """
    if assignment.measured is not None:
        return assignment.measured

    def body() -> Outcome:
        advice = "Give its deployment a smaller batch_size or image_size, or constrain params."
        with memory_advice(assignment.task.architecture, advice):
            score = evaluator.measure(assignment.task.architecture)
        _check_finite(score)
        violated = violations(assignment.task.architecture, score, spec)
        return Outcome(assignment.number, "pruned" if violated else "running", score, "; ".join(violated))

    return _attempt(assignment, spec, body)


def train(
    assignment: Assignment,
    measured: Outcome,
    spec: StudySpec,
    evaluator: Evaluator,
    on_epoch: OnEpoch,
    late: Late = lambda: None,
) -> Outcome:
    """Train a network that was measured, and score it. Whatever goes wrong with it is an outcome.

    One whose task stops before the end is ``pruned``, with its curve.

    Args:
        assignment: what is to be done.
        measured: what ``measure`` gave.
        spec: the study.
        evaluator: scores networks.
        on_epoch: hears of each epoch.
        late: gives what was timed on other machines, once it is there. What it shows may end the training.

    Raises:
        StorageFailed: the disk is full.
        SettingFailed: every network would fail, where the evaluator finds that out.
        KeyboardInterrupt: Ctrl-C.
    """
    assert measured.score is not None
    known = measured.score
    if assignment.trained is not None:
        score = known.merged(assignment.trained)
        return Outcome(assignment.number, "complete", score, seconds=measured.seconds)
    judge = _Judge(assignment, known, spec, on_epoch, late)

    def body() -> Outcome:
        with memory_advice(
            assignment.task.architecture, "Give fidelity a smaller batch_size or image_size, or constrain params."
        ):
            trained = evaluator.train(assignment.task, judge)
        score = known.merged(trained.score)
        _check_finite(score)
        if not assignment.task.is_whole:
            return Outcome(assignment.number, "pruned", score, f"waits after epoch {len(score.learning_curve)}")
        return Outcome(assignment.number, "complete", score, weights=trained.weights)

    return _attempt(assignment, spec, body, measured.seconds)


def _attempt(assignment: Assignment, spec: StudySpec, body: Callable[[], Outcome], spent_s: float = 0.0) -> Outcome:
    """What the body gives within the time of a trial, of which so much is spent, or how it failed."""
    start = time.monotonic()
    try:
        with time_limit(3600 * spec.budget.trial_hours, spent_s):
            outcome = body()
    except _Stopped as stopped:
        outcome = Outcome(assignment.number, "pruned", stopped.score, str(stopped))
    except SearchFailed:
        raise
    except Exception as error:
        if isinstance(error, OSError) and is_disk_full(error):
            raise StorageFailed(error.filename or "a file of the run", error) from error
        outcome = Outcome(assignment.number, "failed", reason=one_line(error))
    return replace(outcome, seconds=spent_s + time.monotonic() - start)


@dataclass
class _Judge:
    """Hears of each epoch, and stops a training where the network breaks a constraint or cannot reach the front."""

    assignment: Assignment
    known: Score
    spec: StudySpec
    on_epoch: OnEpoch
    late: Late
    curve: list[Epoch] = field(default_factory=list)

    def __call__(self, epoch_number: int, epoch: Epoch) -> None:
        self.curve.append(epoch)
        self.on_epoch(epoch_number, epoch)
        if (timed := self.late()) is not None:
            self.known = self.known.merged(timed)
        if violated := violations(self.assignment.task.architecture, self.known, self.spec):
            raise _Stopped("; ".join(violated), self.known)
        if reason := self.assignment.screen.reason(self.known, self.curve) if self.assignment.screen else "":
            raise _Stopped(reason, self.known.model_copy(update={"learning_curve": tuple(self.curve)}))


def _check_finite(score: Score) -> None:
    for name, measurement in score.metrics.items():
        if not math.isfinite(measurement.value):
            raise ValueError(f"{name} is {measurement.value}")
