"""Desk: hands out the networks of a search, takes what came of them, and keeps the record."""

from contextlib import suppress
from pathlib import Path

import optuna

from modsearch.record import Epoch, Score, Trial
from modsearch.search.error import SearchFailed
from modsearch.search.history import History
from modsearch.search.listener import Listener
from modsearch.search.meter import Ending, Meter
from modsearch.search.proposal import Proposer, SpaceExhausted, set_constraints
from modsearch.search.storage import CHECKPOINTS, checkpoint_path, weights_path, write_whole
from modsearch.search.study import Study
from modsearch.search.work import Outcome, Work

_MAX_FAILURES_IN_A_ROW = 10


class Desk:
    """The driver's side of a search, whoever does the work, and however many at a time.

    Args:
        study: the record, opened for writing. What an earlier search left unfinished is handed out first.
        folder: the run's folder, for weights.
        listener: hears of every step.

    Attributes:
        ending: why the search is over; None while it goes on.
    """

    def __init__(self, study: Study, folder: Path, listener: Listener) -> None:
        study.end_running("the search that ran it died")
        self.study, self.folder, self.listener = study, folder, listener
        self.ending: Ending | None = None
        self._proposer = Proposer(study)
        self._remove_checkpoints(self._proposer.history)
        self._meter = Meter(study)
        self._asked: dict[int, tuple[optuna.Trial, Work]] = {}
        self._measured: set[int] = set()
        self._num_failures, self._is_exhausted = 0, False
        listener.on_start(study.trials())

    def next(self) -> Work | None:
        """The next network; None where the search is over, or may be when what was handed out has come back."""
        ending = self._meter.ending(self._proposer.history)
        if ending is None and not self._is_exhausted and not self._is_spoken_for():
            try:
                return self._hand_out()
            except SpaceExhausted:
                self._is_exhausted = True
        if not self._asked:
            self.ending = ending or "exhausted"
        return None

    def measured(self, outcome: Outcome) -> None:
        """Keep what is known before training."""
        if outcome.score is None:
            return
        asked, work = self._asked[outcome.number]
        self._measured.add(outcome.number)
        _keep(asked, outcome.score)
        self.listener.on_measured(outcome.number, outcome.score)
        set_constraints(asked, work.architecture, outcome.score, self.study.spec)

    def epoch(self, number: int, epoch_number: int, epoch: Epoch) -> None:
        """Pass on a point of a learning curve."""
        self.listener.on_epoch(number, epoch_number, epoch)

    def end(self, outcome: Outcome) -> None:
        """Record what came of a network.

        Raises:
            SearchFailed: it is the tenth failure in a row, or the disk is full.
        """
        if outcome.number not in self._measured:
            self.measured(outcome)
        self._measured.discard(outcome.number)
        asked, work = self._asked.pop(outcome.number)
        fidelity = self.study.spec.fidelity
        if outcome.state == "complete":
            write_whole(weights_path(self.folder, work.architecture, fidelity), outcome.weights)
        if outcome.score is not None and (outcome.state == "complete" or outcome.score.learning_curve):
            _keep(asked, outcome.score)  # Optuna takes nothing any more once a trial is told
        trial = self.study.tell(asked, outcome.state, outcome.score, outcome.reason, outcome.seconds)
        with suppress(OSError):  # not before the result is recorded
            checkpoint_path(self.folder, work.architecture, fidelity).unlink()
        self.listener.on_end(trial)
        self._proposer.add(trial)
        self._meter.add(trial)
        self._count_failures(trial)

    def _is_spoken_for(self) -> bool:
        """Whether what is handed out may be the last that the budget allows."""
        limit = self.study.spec.budget.trials
        return limit is not None and self._proposer.history.num_judged + len(self._asked) >= limit

    def _hand_out(self) -> Work:
        asked, architecture = self._proposer.propose()
        work = Work(asked.number, architecture, self._proposer.screen(architecture))
        self._asked[asked.number] = asked, work
        self.listener.on_trial(asked.number, architecture)
        return work

    def _count_failures(self, trial: Trial) -> None:
        self._num_failures = self._num_failures + 1 if trial.state == "failed" else 0
        if self._num_failures == _MAX_FAILURES_IN_A_ROW:
            raise SearchFailed(f"{self._num_failures} trials failed in a row, the last one with {trial.reason}")

    def _remove_checkpoints(self, history: History) -> None:
        """Those of settled networks: an earlier search died before it had removed them."""
        for path in (self.folder / CHECKPOINTS).glob("*"):
            if path.name.partition("-")[0] in history.trials:
                path.unlink(missing_ok=True)


def _keep(asked: optuna.Trial, score: Score) -> None:
    asked.set_user_attr("score", score.model_dump(mode="json"))
