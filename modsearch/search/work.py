"""Work: what scoring one network takes and gives, wherever it is done."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from optuna.exceptions import StorageInternalError

from modsearch.architecture import Architecture
from modsearch.record import Epoch, OnEpoch, Score, State, Trained, violations
from modsearch.search.error import StorageFailed, is_disk_full, memory_advice, one_line
from modsearch.search.evaluator import Evaluator
from modsearch.search.screen import Screen
from modsearch.search.watchdog import time_limit
from modsearch.space import StudySpec

OnMeasured = Callable[[Score], None]


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
    """What came of it.

    Attributes:
        number: of the trial.
        state: ``complete``, ``pruned`` or ``failed``.
        score: all that is known, where it is more than was known before training.
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

    def __init__(self, reason: str, score: Score | None = None) -> None:
        super().__init__(reason)
        self.score = score


def do(work: Work, spec: StudySpec, evaluator: Evaluator, on_measured: OnMeasured, on_epoch: OnEpoch) -> Outcome:
    """Measure first, train last: a network that violates a constraint costs no training.

    Whatever goes wrong with the network is an outcome.

    Args:
        work: what is to be done.
        spec: the study.
        evaluator: scores networks.
        on_measured: hears of the metrics that are known before training.
        on_epoch: hears of each epoch.

    Raises:
        StorageFailed: the disk is full.
        KeyboardInterrupt: Ctrl-C.
    """
    start = time.monotonic()
    state: State = "complete"
    score, reason, weights = None, "", b""
    try:
        with time_limit(3600 * spec.budget.trial_hours):
            score, weights = _score(work, spec, evaluator, on_measured, on_epoch)
    except _Stopped as stopped:
        state, score, reason = "pruned", stopped.score, str(stopped)
    except (StorageFailed, StorageInternalError):  # no failure can be recorded: the next search ends this trial
        raise
    except Exception as error:
        if isinstance(error, OSError) and is_disk_full(error):
            raise StorageFailed(error.filename or "a file of the run", error) from error
        state, reason = "failed", one_line(error)
    return Outcome(work.number, state, score, reason, time.monotonic() - start, weights)


def _score(
    work: Work, spec: StudySpec, evaluator: Evaluator, on_measured: OnMeasured, on_epoch: OnEpoch
) -> tuple[Score, bytes]:
    architecture = work.architecture
    with memory_advice(architecture, "Give its deployment a smaller batch_size or image_size, or constrain params."):
        measured = evaluator.measure(architecture)
    _check_finite(measured)
    on_measured(measured)
    violated = violations(architecture, measured, spec)
    if violated:
        raise _Stopped("; ".join(violated))
    with memory_advice(architecture, "Give fidelity a smaller batch_size or image_size, or constrain params."):
        trained = _train(work, measured, spec, evaluator, on_epoch)
    score = measured.merged(trained.score)
    _check_finite(score)
    return score, trained.weights


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
