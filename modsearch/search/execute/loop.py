"""Loop: hands out the networks of a search, takes what came of them, and keeps the record."""

import time
from contextlib import suppress
from pathlib import Path

import optuna
from optuna.exceptions import UpdateFinishedTrialError

from modsearch.record import Epoch, Score, Trial
from modsearch.search.error import SearchFailed
from modsearch.search.execute.budget import BudgetMeter, Ending
from modsearch.search.execute.listener import Listener
from modsearch.search.execute.work import Outcome, Work
from modsearch.search.propose.history import History
from modsearch.search.propose.proposer import Proposer, SpaceExhausted, set_constraints
from modsearch.search.store.corner import fix_corner
from modsearch.search.store.storage import CHECKPOINTS, checkpoint_path, weights_path, write_whole
from modsearch.search.store.study import DIED, Study
from modsearch.search.store.worker_state import remove_workers

_MAX_FAILURES_IN_A_ROW = 10
_LOOK_S = 1.0


class Loop:
    """The driver's side of a search, whoever does the work, and however many at a time.

    Args:
        study: the record, opened for writing. What an earlier search left unfinished is handed out first.
        folder: the run's folder, for weights.
        listener: hears of every step.

    Attributes:
        ending: why the search is over; None while it goes on.
        is_waiting: nothing is handed out, and what is left of the budget or the space is with other drivers.
    """

    def __init__(self, study: Study, folder: Path, listener: Listener) -> None:
        study.end_running(DIED)
        remove_workers(folder)
        self.study, self.folder, self.listener = study, folder, listener
        self.ending: Ending | None = None
        self.is_waiting = False
        self._proposer = Proposer(study)
        self._remove_checkpoints(self._proposer.history)
        trials = study.trials()
        self._meter = BudgetMeter(study, trials)
        self._asked: dict[int, tuple[optuna.Trial, Work]] = {}
        self._measured: set[int] = set()
        self._waited_for: Work | None = None
        self._num_failures, self._is_exhausted, self._is_said_busy = 0, False, False
        listener.on_start(trials)
        self._fix_corner()

    def next(self) -> Work | None:
        """The next network; None where the search is over, or may be when what was handed out has come back.

        Where nothing is handed out and other drivers are at work, it waits: their budget is ours, and one may die.
        """
        while (work := self.poll()) is None and self.is_waiting:
            time.sleep(_LOOK_S)
        return work

    def poll(self) -> Work | None:
        """The same without waiting: None too where other drivers must be waited for."""
        if self._waited_for is not None:
            work, self._waited_for = self._waited_for, None
            return work
        self._catch_up()
        self.is_waiting = False
        ending = self._meter.ending(self._proposer.history)
        if ending is None and not self._is_exhausted and self._takes_place():
            try:
                return self._hand_out()
            except SpaceExhausted:
                self._is_exhausted = True
                self.study.claims.release()
        if not self._asked and (ending is not None or (self._is_exhausted and not self._others_work())):
            self.ending = ending or "exhausted"
        self.is_waiting = not self._asked and self.ending is None
        return None

    def wait(self) -> bool:
        """Wait until there is a network again, for the next ``poll``; False where the search is over."""
        self._waited_for = self.next()
        return self._waited_for is not None

    @property
    def num_left(self) -> int | None:
        """Networks that the budget allows beside those that are judged or handed out; None for any number."""
        limit = self.study.spec.budget.trials
        return None if limit is None else max(0, limit - len(self._proposer.history.judged) - len(self._asked))

    def measured(self, outcome: Outcome) -> None:
        """Keep what is known before training."""
        if outcome.score is None:
            return
        asked, work = self._asked[outcome.number]
        self._measured.add(outcome.number)
        self.listener.on_measured(outcome.number, outcome.score)
        self._say_busy(outcome.score)
        with suppress(UpdateFinishedTrialError):  # another driver took us for dead
            _keep(asked, outcome.score)
            set_constraints(asked, work.architecture, outcome.score, self.study.spec)

    def epoch(self, number: int, epoch_number: int, epoch: Epoch) -> None:
        """Pass on a point of a learning curve."""
        self.listener.on_epoch(number, epoch_number, epoch)

    def end(self, outcome: Outcome) -> None:
        """Record what came of a network.

        Raises:
            SearchFailed: it is the tenth failure in a row, or the disk is full.
        """
        asked, work = self._asked[outcome.number]
        if outcome.state == "complete":  # before its score: whoever finds that in a trial that died calls it complete
            write_whole(weights_path(self.folder, work.architecture, self.study.spec.fidelity), outcome.weights)
        if outcome.number not in self._measured:
            self.measured(outcome)
        self._measured.discard(outcome.number)
        del self._asked[outcome.number]
        self._catch_up()
        settled = self._proposer.history.trials.get(work.architecture.id)
        is_late = settled is not None and settled.state != "failed"  # another driver took us for dead, and was faster
        trial = self._answer_late(asked, work) if is_late else self._record(asked, work, outcome)
        with suppress(OSError):  # not before the result is recorded
            checkpoint_path(self.folder, work.architecture, self.study.spec.fidelity).unlink()
        self._fix_corner()
        self.listener.on_end(trial)
        if not is_late:
            self._proposer.add(trial)
            self._meter.add(trial)
        self.study.claims.release(work.architecture.id)
        self._count_failures(trial)

    def _record(self, asked: optuna.Trial, work: Work, outcome: Outcome) -> Trial:
        with suppress(UpdateFinishedTrialError):
            if outcome.score is not None and (outcome.state == "complete" or outcome.score.learning_curve):
                _keep(asked, outcome.score)  # Optuna takes nothing any more once a trial is told
        return self.study.tell(asked, outcome.state, outcome.score, outcome.reason, outcome.seconds)

    def _answer_late(self, asked: optuna.Trial, work: Work) -> Trial:
        with suppress(UpdateFinishedTrialError):
            self._proposer.answer_repeat(asked, work.architecture)
        self._proposer.running.pop(work.architecture.id, None)
        return self.study.trials()[asked.number]

    def _catch_up(self) -> None:
        """Learn what other drivers ended, and end what dead ones left."""
        if not self.study.claims.driver:
            return
        self.study.end_dead()
        self._proposer.catch_up()
        for trial in self._proposer.take_news():
            self.listener.on_end(trial)
            self._meter.add(trial)
        self._is_exhausted = self._is_exhausted and not self._proposer.wants_more()

    def _fix_corner(self) -> None:
        """Say so where the corner of the hypervolume is fixed now, by us or by another driver."""
        header = fix_corner(self.study)
        if header is not None:
            self.listener.on_header(header)

    def _others_work(self) -> bool:
        """Whether another driver may still settle a network, or leave one for us."""
        self.study.claims.claimed()
        return bool(self.study.claims.others)

    def _takes_place(self) -> bool:
        """Take a place in the budget; False where what is handed out, here and by others, may be the last it allows."""
        return self.num_left != 0 and self.study.claims.reserve(self.study.spec.budget.trials, self._judged)

    def _judged(self) -> set[str]:
        self._proposer.catch_up()
        return self._proposer.history.judged

    def _hand_out(self) -> Work:
        asked, architecture = self._proposer.propose()
        work = Work(asked.number, architecture, self._proposer.screen(architecture))
        self._asked[asked.number] = asked, work
        self.listener.on_trial(asked.number, architecture)
        return work

    def _say_busy(self, score: Score) -> None:
        """Say it once where others kept the processors from a network while it was timed."""
        if not self._is_said_busy and any(each.ending == "busy" for each in score.timed.values()):
            self._is_said_busy = True
            self.listener.on_note(
                "This machine is busy: other processes want its processors. The search takes longer, and latencies are "
                "less precise than asked for; those that the front rests on are timed again where it becomes quiet."
            )

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
