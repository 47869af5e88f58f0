"""Work: what scoring one network takes and gives, wherever it is done."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from modsearch.architecture import Architecture
from modsearch.record import Epoch, OnEpoch, Score, State, Trained, violations
from modsearch.search.error import SearchFailed, StorageFailed, is_disk_full, memory_advice, one_line
from modsearch.search.evaluator import Evaluator
from modsearch.search.execute.time_limit import time_limit
from modsearch.search.propose.screen import Screen
from modsearch.space import StudySpec


@dataclass(frozen=True)
class Work:
    """A network to be scored.

    Attributes:
        number: of its trial.
        architecture: the target network.
        screen: what judges it while it trains; None for one that is trained to the end.
    """

    number: int
    architecture: Architecture
    screen: Screen | None = None


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
    """A network cannot reach the front."""

    def __init__(self, reason: str, score: Score) -> None:
        super().__init__(reason)
        self.score = score


def measure(work: Work, spec: StudySpec, evaluator: Evaluator) -> Outcome:
    """Everything that is known before training; ``pruned`` for a network that violates a constraint.

    Whatever goes wrong with the network is an outcome.

    Raises:
        StorageFailed: the disk is full.
        SettingFailed: every network would fail, where the evaluator finds that out.
        KeyboardInterrupt: Ctrl-C.
    """

    def body() -> Outcome:
        advice = "Give its deployment a smaller batch_size or image_size, or constrain params."
        with memory_advice(work.architecture, advice):
            score = evaluator.measure(work.architecture)
        _check_finite(score)
        violated = violations(work.architecture, score, spec)
        return Outcome(work.number, "pruned" if violated else "running", score, "; ".join(violated))

    return _attempt(work, spec, body)


def train(work: Work, measured: Outcome, spec: StudySpec, evaluator: Evaluator, on_epoch: OnEpoch) -> Outcome:
    """Train a network that was measured, and score it. Whatever goes wrong with it is an outcome.

    Args:
        work: what is to be done.
        measured: what ``measure`` gave.
        spec: the study.
        evaluator: scores networks.
        on_epoch: hears of each epoch.

    Raises:
        StorageFailed: the disk is full.
        SettingFailed: every network would fail, where the evaluator finds that out.
        KeyboardInterrupt: Ctrl-C.
    """
    assert measured.score is not None
    known = measured.score

    def body() -> Outcome:
        with memory_advice(work.architecture, "Give fidelity a smaller batch_size or image_size, or constrain params."):
            trained = _train(work, known, spec, evaluator, on_epoch)
        score = known.merged(trained.score)
        _check_finite(score)
        return Outcome(work.number, "complete", score, weights=trained.weights)

    return _attempt(work, spec, body, measured.seconds)


def _attempt(work: Work, spec: StudySpec, body: Callable[[], Outcome], spent_s: float = 0.0) -> Outcome:
    """What the body gives within the time of a trial, of which so much is spent, or how it failed."""
    start = time.monotonic()
    try:
        with time_limit(3600 * spec.budget.trial_hours, spent_s):
            outcome = body()
    except _Stopped as stopped:
        outcome = Outcome(work.number, "pruned", stopped.score, str(stopped))
    except SearchFailed:
        raise
    except Exception as error:
        if isinstance(error, OSError) and is_disk_full(error):
            raise StorageFailed(error.filename or "a file of the run", error) from error
        outcome = Outcome(work.number, "failed", reason=one_line(error))
    return replace(outcome, seconds=spent_s + time.monotonic() - start)


def _train(work: Work, measured: Score, spec: StudySpec, evaluator: Evaluator, on_epoch: OnEpoch) -> Trained:
    """Train to the end, or as long as the network may reach the front."""
    curve: list[Epoch] = []

    def judge(epoch_number: int, epoch: Epoch) -> None:
        curve.append(epoch)
        on_epoch(epoch_number, epoch)
        reason = work.screen.reason(measured, curve) if work.screen else ""
        if reason:
            raise _Stopped(reason, measured.model_copy(update={"learning_curve": tuple(curve)}))

    return evaluator.train(work.architecture, spec.fidelity, 0, judge)


def _check_finite(score: Score) -> None:
    for name, measurement in score.metrics.items():
        if not math.isfinite(measurement.value):
            raise ValueError(f"{name} is {measurement.value}")
