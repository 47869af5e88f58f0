"""The local executor: one trial after the other in this process."""

import math
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import optuna
from optuna.exceptions import StorageInternalError

from modsearch.architecture import Architecture
from modsearch.record import Epoch, Score, State, Trained, Trial, violations
from modsearch.search.error import SearchFailed, StorageFailed, is_disk_full, memory_advice, one_line
from modsearch.search.evaluator import Evaluator
from modsearch.search.history import History
from modsearch.search.listener import Listener
from modsearch.search.meter import Ending, Meter
from modsearch.search.proposal import Proposer, SpaceExhausted, set_constraints
from modsearch.search.screen import Screen
from modsearch.search.storage import CHECKPOINTS, checkpoint_path, weights_path, write_whole
from modsearch.search.study import INTERRUPTED, Study
from modsearch.search.watchdog import time_limit

_MAX_FAILURES_IN_A_ROW = 10


class _Stopped(Exception):  # noqa: N818
    """A network breaks a constraint, or cannot reach the front."""


@dataclass
class LocalExecutor:
    """Runs a study until its budget is spent or its space is used up.

    Attributes:
        study: the record, opened for writing.
        evaluator: scores networks.
        folder: the run's folder, for weights.
        listener: hears of every step.
    """

    study: Study
    evaluator: Evaluator
    folder: Path
    listener: Listener = field(default_factory=Listener)

    def run(self) -> Ending:
        """Search. What an earlier search left unfinished is tried again first.

        Raises:
            SearchFailed: ten trials failed in a row, or the disk is full.
            KeyboardInterrupt: Ctrl-C; the current trial is recorded as failed, and the next search begins with it.
        """
        self.study.end_running("the search that ran it died")
        proposer = Proposer(self.study)
        self._remove_checkpoints(proposer.history)
        meter = Meter(self.study)
        self.listener.on_start(self.study.trials())
        num_failures = 0
        while (ending := meter.ending(proposer.history)) is None:
            try:
                asked, architecture = proposer.propose()
            except SpaceExhausted:
                return "exhausted"
            trial = self._run_trial(asked, architecture, proposer.screen(architecture))
            proposer.add(trial)
            meter.add(trial)
            num_failures = num_failures + 1 if trial.state == "failed" else 0
            if num_failures == _MAX_FAILURES_IN_A_ROW:
                raise SearchFailed(f"{num_failures} trials failed in a row, the last one with {trial.reason}")
        return ending

    def _remove_checkpoints(self, history: History) -> None:
        """Those of settled networks: an earlier search died before it had removed them."""
        for path in (self.folder / CHECKPOINTS).glob("*"):
            if path.name.partition("-")[0] in history.trials:
                path.unlink(missing_ok=True)

    def _run_trial(self, asked: optuna.Trial, architecture: Architecture, screen: Screen | None) -> Trial:
        """Score one network and tell the study; only an interrupt or a full disk leaves this as an exception."""
        self.listener.on_trial(asked.number, architecture)
        start = time.monotonic()
        state: State = "complete"
        score, reason = None, ""
        try:
            with time_limit(3600 * self.study.spec.budget.trial_hours):
                score = self._score(asked, architecture, screen)
        except KeyboardInterrupt:
            self.study.end_running(INTERRUPTED)
            raise
        except _Stopped as stopped:
            state, reason = "pruned", str(stopped)
        except (StorageFailed, StorageInternalError):  # no failure can be recorded: the next search ends this trial
            raise
        except Exception as error:
            if isinstance(error, OSError) and is_disk_full(error):
                raise StorageFailed(Path(error.filename or self.folder), error) from error
            state, reason = "failed", one_line(error)
        # told here, where the error is gone and with it the memory of its training
        trial = self.study.tell(asked, state, score, reason, time.monotonic() - start)
        with suppress(OSError):  # not before the result is recorded
            checkpoint_path(self.folder, architecture, self.study.spec.fidelity).unlink()
        self.listener.on_end(trial)
        return trial

    def _score(self, asked: optuna.Trial, architecture: Architecture, screen: Screen | None) -> Score:
        """Measure first, train last: a network that violates a constraint costs no training."""
        spec = self.study.spec
        with memory_advice(
            architecture, "Give its deployment a smaller batch_size or image_size, or constrain params."
        ):
            measured = self.evaluator.measure(architecture)
        _check_finite(measured)
        _keep(asked, measured)
        self.listener.on_measured(asked.number, measured)
        set_constraints(asked, architecture, measured, spec)
        violated = violations(architecture, measured, spec)
        if violated:
            raise _Stopped("; ".join(violated))
        with memory_advice(architecture, "Give fidelity a smaller batch_size or image_size, or constrain params."):
            trained = self._train(asked, architecture, measured, screen)
        score = measured.merged(trained.score)
        _check_finite(score)
        write_whole(weights_path(self.folder, architecture, spec.fidelity), trained.weights)
        _keep(asked, score)
        return score

    def _train(
        self, asked: optuna.Trial, architecture: Architecture, measured: Score, screen: Screen | None
    ) -> Trained:
        """Train to the end, or as long as the network may reach the front."""
        curve: list[Epoch] = []

        def on_epoch(epoch_number: int, epoch: Epoch) -> None:
            curve.append(epoch)
            self.listener.on_epoch(asked.number, epoch_number, epoch)
            reason = screen.reason(measured, curve) if screen else ""
            if reason:
                _keep(asked, measured.model_copy(update={"learning_curve": tuple(curve)}))
                raise _Stopped(reason)

        return self.evaluator.train(architecture, self.study.spec.fidelity, 0, on_epoch)


def _keep(asked: optuna.Trial, score: Score) -> None:
    """Store what is known so far: Optuna takes nothing any more once a trial is told."""
    asked.set_user_attr("score", score.model_dump(mode="json"))


def _check_finite(score: Score) -> None:
    for name, measurement in score.metrics.items():
        if not math.isfinite(measurement.value):
            raise ValueError(f"{name} is {measurement.value}")
