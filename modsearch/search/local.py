"""The local executor: one trial after the other in this process."""

import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import optuna
from optuna.trial import TrialState

from modsearch.architecture import Architecture, published
from modsearch.record import Epoch, Score
from modsearch.search.error import SearchFailed
from modsearch.search.evaluator import Evaluator
from modsearch.search.listener import Listener
from modsearch.search.proposal import Outcome, Record, SpaceExhausted, mark_violations, propose
from modsearch.search.study import Study, to_trial
from modsearch.space import StudySpec

_MAX_FAILURES_IN_A_ROW = 10
_INTERRUPTED = "interrupted"

Ending = Literal["budget", "exhausted"]


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
            SearchFailed: ten trials failed in a row.
            KeyboardInterrupt: Ctrl-C; the current trial is recorded as failed and queued again.
        """
        study, spec = self.study.optuna_study, self.study.spec
        _requeue_unfinished(study)
        record = _read_record(self.study)
        if not study.get_trials(deepcopy=False) and spec.seed_with == "published":
            _enqueue_published(study, spec)
        self.listener.on_start(self.study.trials())
        num_failures = 0
        while record.num_trained < spec.budget.trials:
            try:
                trial, architecture = propose(study, spec, record)
            except SpaceExhausted:
                return "exhausted"
            outcome = self._run_trial(trial, architecture)
            record.add(architecture, outcome)
            _enqueue_controls(study, spec, record, architecture)
            num_failures = num_failures + 1 if outcome.state is TrialState.FAIL else 0
            if num_failures == _MAX_FAILURES_IN_A_ROW:
                raise SearchFailed(f"{num_failures} trials failed in a row, the last one with {outcome.reason}")
        return "budget"

    def _run_trial(self, trial: optuna.Trial, architecture: Architecture) -> Outcome:
        """Score one network and tell the study; only an interrupt leaves this as an exception."""
        study, spec = self.study.optuna_study, self.study.spec
        self.listener.on_trial(trial.number, architecture)
        try:
            outcome = self._score(trial, architecture)
        except KeyboardInterrupt:
            _fail(study, trial, _INTERRUPTED)
            study.enqueue_trial(trial.params)
            raise
        except Exception as error:
            outcome = Outcome(trial.number, TrialState.FAIL, None, _one_line(error))
        if outcome.state is TrialState.COMPLETE:
            assert outcome.score is not None
            study.tell(trial, outcome.score.values(spec.objectives))
        else:
            trial.set_user_attr("reason", outcome.reason)
            study.tell(trial, state=outcome.state)
        self.listener.on_end(to_trial(study.get_trials(deepcopy=False)[trial.number]))
        return outcome

    def _score(self, trial: optuna.Trial, architecture: Architecture) -> Outcome:
        spec = self.study.spec
        score = self.evaluator.measure(architecture)
        _check_finite(score)
        trial.set_user_attr("score", score.model_dump(mode="json"))
        self.listener.on_measured(trial.number, score)
        violated = mark_violations(trial, score, spec)
        if violated:
            return Outcome(trial.number, TrialState.PRUNED, score, "; ".join(violated))

        def on_epoch(epoch_number: int, epoch: Epoch) -> None:
            self.listener.on_epoch(trial.number, epoch_number, epoch)

        trained = self.evaluator.train(architecture, spec.fidelity, 0, on_epoch)
        score = score.merged(trained.score)
        _check_finite(score)
        _write(self.folder / "weights" / f"{architecture.id}-0-{spec.fidelity.tag}.safetensors", trained.weights)
        trial.set_user_attr("score", score.model_dump(mode="json"))
        return Outcome(trial.number, TrialState.COMPLETE, score)


def _requeue_unfinished(study: optuna.Study) -> None:
    """End the trials that a dead search left running, and queue them again."""
    for each in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        trial = optuna.Trial(study, each._trial_id)
        _fail(study, trial, "the search that ran it died")
        if each.params:
            study.enqueue_trial(each.params)


def _fail(study: optuna.Study, trial: optuna.Trial, reason: str) -> None:
    trial.set_user_attr("reason", reason)
    trial.set_user_attr("is_unfinished", True)
    study.tell(trial, state=TrialState.FAIL)


def _read_record(study: Study) -> Record:
    """What a study's finished trials say; unfinished ones are to be tried again."""
    record = Record()
    for frozen in study.optuna_study.get_trials(deepcopy=False):
        trial = to_trial(frozen)
        is_open = not frozen.state.is_finished() or "is_unfinished" in frozen.user_attrs
        if not is_open and not trial.is_repeat and trial.architecture is not None:
            record.add(trial.architecture, Outcome(trial.number, frozen.state, trial.score, trial.reason))
    return record


def _enqueue_published(study: optuna.Study, spec: StudySpec) -> None:
    for each in published().values():
        point = spec.space.encode(each.architecture)
        if point is not None:
            study.enqueue_trial(dict(point))


def _enqueue_controls(study: optuna.Study, spec: StudySpec, record: Record, architecture: Architecture) -> None:
    """Let a MoD network that has reached the front be followed by the same network without its MoD blocks."""
    control = architecture.without_mod()
    if "deleted" not in spec.controls or control.id in record.outcomes or not record.on_front(architecture, spec):
        return
    point = spec.space.encode(control)
    if point is not None:
        study.enqueue_trial(dict(point), skip_if_exists=True)


def _check_finite(score: Score) -> None:
    for name, measurement in score.metrics.items():
        if not math.isfinite(measurement.value):
            raise ValueError(f"{name} is {measurement.value}")


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:500]


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    os.replace(partial, path)
