"""Loop: hands out the tasks of a source, takes what came of them, and keeps weights and whoever watches up to date."""

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from modsearch.record import Epoch, Score, Trial
from modsearch.search.error import SearchFailed
from modsearch.search.execute.assignment import Assignment, Outcome
from modsearch.search.execute.away import Away
from modsearch.search.execute.context import MakeSource
from modsearch.search.execute.listener import Listener
from modsearch.search.execute.search_source import SearchSource
from modsearch.search.execute.source import Ending
from modsearch.search.retime.hosts import Hosts
from modsearch.search.store.corner import fix_corner
from modsearch.search.store.run_folder import CHECKPOINTS, checkpoint_path, weights_path, write_whole
from modsearch.search.store.study import DIED, Study
from modsearch.search.store.worker_state import remove_workers

_MAX_FAILURES_IN_A_ROW = 10
_LOOK_S = 1.0


class Loop:
    """The driver's side of a search, whoever does the work, and however many at a time.

    Args:
        study: the record, opened for writing. What an earlier search left running is ended.
        folder: the run's folder, for weights.
        listener: hears of every step.
        make_source: makes where the tasks come from.
        hosts: the machines that time networks for the study.
    """

    def __init__(
        self,
        study: Study,
        folder: Path,
        listener: Listener,
        make_source: MakeSource = SearchSource,
        hosts: Hosts | None = None,
    ) -> None:
        study.end_running(DIED)
        remove_workers(folder)
        self.study, self.folder, self.listener = study, folder, listener
        trials = study.trials()
        self.source = make_source(study, listener, trials)
        self._remove_checkpoints()
        self._out: dict[int, Assignment] = {}
        self._away = Away(hosts or Hosts(study.spec))
        self._measured: dict[int, Score] = {}
        self._waited_for: Assignment | None = None
        self._num_failures = 0
        self._said_busy: set[str] = set()
        listener.on_start(trials)
        self._fix_corner()

    @property
    def ending(self) -> Ending | None:
        """Why there are no more tasks; None while there may be."""
        return self.source.ending

    @property
    def is_waiting(self) -> bool:
        """Whether nothing is handed out, and what is left is with other drivers."""
        return self.source.is_waiting

    @property
    def is_known(self) -> bool:
        """Whether the network of the next task need not be measured, as far as that can be told before."""
        return self.source.is_known

    def next(self) -> Assignment | None:
        """The next task; None where the search is over, or may be when what was handed out has come back.

        Where nothing is handed out and other drivers are at work, it waits: their budget is ours, and one may die. It
        waits for other machines too, which still time what was trained.
        """
        while (assignment := self.poll()) is None and (self.is_waiting or self._away.is_waiting):
            time.sleep(_LOOK_S)
        return assignment

    def poll(self) -> Assignment | None:
        """The same without waiting: None too where other drivers must be waited for."""
        waited_for, self._waited_for = self._waited_for, None
        if waited_for is not None:
            return waited_for
        self.look_away()
        assignment = None if self._away.is_full else self.source.next()
        if assignment is None:
            return None
        if assignment.trained is not None and not weights_path(self.folder, assignment.task).exists():
            assignment = replace(assignment, trained=None)
        self._out[assignment.number] = assignment
        if assignment.measured is None:
            self._away.ask(assignment.number, assignment.task.architecture)
        self.listener.on_trial(assignment.number, assignment.task.architecture)
        return assignment

    def wait(self) -> bool:
        """Wait until there is a task again, for the next ``poll``; False where the search is over."""
        self._waited_for = self.next()
        return self._waited_for is not None

    def measured(self, outcome: Outcome) -> None:
        """Keep what is known before training."""
        if outcome.score is None:
            return
        self.listener.on_measured(outcome.number, outcome.score)
        self._say_busy(outcome.score)
        self._keep(outcome.number, outcome.score.merged(self._away.timed(outcome.number) or Score(metrics={})))

    def epoch(self, number: int, epoch_number: int, epoch: Epoch) -> None:
        """Pass on a point of a learning curve."""
        self.listener.on_epoch(number, epoch_number, epoch)
        self._take_timed()

    def timed(self, number: int) -> Score | None:
        """What other machines timed of a network, once they have all done so."""
        return self._away.timed(number)

    def look_away(self) -> None:
        """Take in what other machines timed, and end the trials that waited for it.

        Raises:
            SettingFailed: one of them is away for good.
            SearchFailed: as ``end``.
        """
        self._take_timed()
        for outcome in self._away.ready():
            self._end(outcome)

    def _take_timed(self) -> None:
        for number, score in self._away.look():
            self._say_busy(score)
            if number in self._measured:
                self._keep(number, self._measured[number].merged(score))

    def _keep(self, number: int, score: Score) -> None:
        self._measured[number] = score
        self.source.keep(number, score)

    def end(self, outcome: Outcome) -> None:
        """Record what came of a task, once other machines have timed its network too.

        Raises:
            SettingFailed: one of them is away for good.
            SearchFailed: it is the tenth failure in a row, or the disk is full.
        """
        assignment = self._out[outcome.number]
        if outcome.state == "complete" and assignment.trained is None:
            # before its score: whoever finds that in a trial that died calls it complete
            write_whole(weights_path(self.folder, assignment.task), outcome.weights)
        if outcome.number not in self._measured:
            self.measured(outcome)
        if outcome.state != "complete":
            self._end(outcome)
            return
        if self._away.is_in_use and outcome.score is not None:  # should this search end now, none need train it again
            self._keep(outcome.number, outcome.score)
        completed = self._away.completed(outcome)
        if completed is not None:
            self._end(completed)
        else:
            self.listener.on_waiting(outcome.number)

    def _end(self, outcome: Outcome) -> None:
        task = self._out.pop(outcome.number).task
        known = self._measured.pop(outcome.number, None)
        if outcome.state == "pruned" and outcome.score not in (None, known) and self._away.is_in_use:
            self.source.keep(outcome.number, outcome.score)  # what breaks a bound came in late: the sampler learns it
        self._away.forget(outcome.number)
        trial = self.source.take(outcome)
        if task.is_whole or outcome.state == "failed":
            with suppress(OSError):  # not before the result is recorded
                checkpoint_path(self.folder, task).unlink()
        self._fix_corner()
        self.listener.on_end(trial)
        self._count_failures(trial)

    def _fix_corner(self) -> None:
        """Say so where the corner of the hypervolume is fixed now, by us or by another driver."""
        header = fix_corner(self.study)
        if header is not None:
            self.listener.on_header(header)

    def _say_busy(self, score: Score) -> None:
        """Say it once of each machine where others kept the processors from a network while it was timed."""
        places = [place for place, timed in score.timed.items() if timed.ending == "busy"]
        machines = {self.study.spec.deployments[place].host or "This machine" for place in places}
        for machine in sorted(machines - self._said_busy):
            self.listener.on_note(
                f"{machine} is busy: other processes want its processors. The search takes longer, and latencies are "
                "less precise than asked for; those that the front rests on are timed again where it becomes quiet."
            )
        self._said_busy |= machines

    def _count_failures(self, trial: Trial) -> None:
        self._num_failures = self._num_failures + 1 if trial.state == "failed" else 0
        if self._num_failures == _MAX_FAILURES_IN_A_ROW:
            raise SearchFailed(f"{self._num_failures} trials failed in a row, the last one with {trial.reason}")

    def _remove_checkpoints(self) -> None:
        """Those of settled tasks: an earlier search died before it had removed them."""
        settled = self.source.settled()
        for path in (self.folder / CHECKPOINTS).glob("*"):
            if path.name.partition(".")[0] in settled:
                path.unlink(missing_ok=True)
