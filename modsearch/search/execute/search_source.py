"""SearchSource: the tasks of a search, networks that its sampler or its rules propose."""

from collections.abc import Sequence, Set
from contextlib import suppress

import optuna
from optuna.exceptions import UpdateFinishedTrialError

from modsearch.record import Score, Trial
from modsearch.search.execute.assignment import Assignment, Outcome
from modsearch.search.execute.budget import BudgetMeter
from modsearch.search.execute.listener import Listener
from modsearch.search.execute.source import Ending
from modsearch.search.propose.proposer import Proposer, SpaceExhausted, set_constraints
from modsearch.search.store.study import Study


class SearchSource:
    """Networks of a study's space, each once, until its budget is spent or its space is used up.

    Args:
        study: the record, opened for writing. What an earlier search left unfinished comes first.
        listener: hears what other drivers ended.
        trials: of the study, as they are.

    Attributes:
        ending: why the search is over; None while it goes on.
        is_waiting: nothing is handed out, and what is left of the budget or the space is with other drivers.
    """

    def __init__(self, study: Study, listener: Listener, trials: Sequence[Trial]) -> None:
        self.study, self.listener = study, listener
        self.ending: Ending | None = None
        self.is_waiting = False
        self._proposer = Proposer(study)
        self._meter = BudgetMeter(study, trials)
        self._out: dict[int, tuple[optuna.Trial, Assignment]] = {}
        self._is_exhausted = False

    @property
    def is_known(self) -> bool:
        """A sampler proposes networks that nobody has measured."""
        return False

    def next(self) -> Assignment | None:
        """The next network; None where the search is over, or may be when what is out has come back."""
        self._catch_up()
        self.is_waiting = False
        ending = self._meter.ending(self._proposer.history)
        if ending is None and not self._is_exhausted and self._takes_place():
            try:
                return self._hand_out()
            except SpaceExhausted:
                self._is_exhausted = True
                self.study.release()
        if not self._out and (ending is not None or (self._is_exhausted and not self.study.others_work())):
            self.ending = ending or "exhausted"
        self.is_waiting = not self._out and self.ending is None
        return None

    def keep(self, number: int, score: Score) -> None:
        """Keep what is known before training, and tell the sampler what violates a constraint."""
        asked, assignment = self._out[number]
        with suppress(UpdateFinishedTrialError):  # another driver took us for dead
            _keep(asked, score)
            set_constraints(asked, assignment.task.architecture, score, self.study.spec)

    def take(self, outcome: Outcome) -> Trial:
        """Record what came of a network, unless another driver took us for dead and was faster."""
        asked, assignment = self._out.pop(outcome.number)
        self._catch_up()
        settled = self._proposer.history.trials.get(assignment.task.architecture.id)
        if settled is not None and settled.state != "failed":
            trial = self._answer_late(asked, assignment)
        else:
            trial = self._record(asked, outcome)
            self._proposer.add(trial)
            self._meter.add(trial)
        self.study.release(assignment.task.key)
        return trial

    def settled(self) -> Set[str]:
        """The keys of the networks that are in the history."""
        return self._proposer.settled()

    def _hand_out(self) -> Assignment:
        asked, task = self._proposer.propose()
        architecture = task.architecture
        assignment = Assignment(
            number=asked.number,
            task=task,
            screen=self._proposer.screen(architecture),
            trained=self._proposer.history.trained.get(architecture.id),
        )
        self._out[asked.number] = asked, assignment
        return assignment

    def _record(self, asked: optuna.Trial, outcome: Outcome) -> Trial:
        with suppress(UpdateFinishedTrialError):
            if outcome.score is not None and (outcome.state == "complete" or outcome.score.learning_curve):
                _keep(asked, outcome.score)  # Optuna takes nothing any more once a trial is told
        return self.study.tell(asked, outcome.state, outcome.score, outcome.reason, outcome.seconds)

    def _answer_late(self, asked: optuna.Trial, assignment: Assignment) -> Trial:
        architecture = assignment.task.architecture
        with suppress(UpdateFinishedTrialError):
            self._proposer.answer_repeat(asked, architecture)
        self._proposer.running.pop(architecture.id, None)
        return self.study.trials()[asked.number]

    def _catch_up(self) -> None:
        """Learn what other drivers ended, and end what dead ones left."""
        if not self.study.is_shared:
            return
        self.study.end_dead()
        self._proposer.catch_up()
        for trial in self._proposer.take_news():
            self.listener.on_end(trial)
            self._meter.add(trial)
        self._is_exhausted = self._is_exhausted and not self._proposer.wants_more()

    def _takes_place(self) -> bool:
        """Take a place in the budget; False where what is out, here and with others, may be the last it allows."""
        limit = self.study.spec.budget.trials
        num_out = len(self._proposer.history.judged) + len(self._out)
        return (limit is None or num_out < limit) and self.study.reserve(limit, self._judged)

    def _judged(self) -> set[str]:
        self._proposer.catch_up()
        return self._proposer.history.judged


def _keep(asked: optuna.Trial, score: Score) -> None:
    asked.set_user_attr("score", score.model_dump(mode="json"))
