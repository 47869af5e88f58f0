"""The local executor: one trial after the other in this process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from modsearch.search.error import SearchFailed, StorageFailed
from modsearch.search.evaluator import Evaluator
from modsearch.search.execute.assignment import Assignment, Outcome, measure, train
from modsearch.search.execute.context import MakeSource
from modsearch.search.execute.listener import Listener
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.search_source import SearchSource
from modsearch.search.execute.setting import CheckedEvaluator
from modsearch.search.execute.source import Ending
from modsearch.search.retime.hosts import Hosts
from modsearch.search.store.study import INTERRUPTED, Study


@dataclass
class LocalExecutor:
    """Runs a study until its budget is spent or its space is used up.

    Attributes:
        study: the record, opened for writing.
        evaluator: scores networks.
        folder: the run's folder, for weights.
        listener: hears of every step.
        hosts: the machines that time networks for the study.
        make_source: makes where the tasks come from.
        lost: nothing: there are no workers.
    """

    study: Study
    evaluator: Evaluator
    folder: Path
    listener: Listener = field(default_factory=Listener)
    hosts: Hosts | None = None
    make_source: MakeSource = SearchSource
    lost: Mapping[str, int] = field(default_factory=dict)

    def run(self) -> Ending:
        """Search. What an earlier search left unfinished is tried again first.

        Raises:
            SearchFailed: ten trials failed in a row, every network would fail, or the disk is full.
            KeyboardInterrupt: Ctrl-C; the current trial is recorded as failed, and the next search begins with it.
        """
        loop = Loop(self.study, self.folder, self.listener, self.make_source, self.hosts)
        evaluator = CheckedEvaluator(self.evaluator, self.study.spec)
        try:
            while (assignment := loop.next()) is not None:
                loop.end(self._score(assignment, loop, evaluator))
        except StorageFailed:
            raise
        except (KeyboardInterrupt, SearchFailed):
            self.study.end_running(INTERRUPTED)
            raise
        assert loop.ending is not None
        return loop.ending

    def _score(self, assignment: Assignment, loop: Loop, evaluator: Evaluator) -> Outcome:
        spec, number = self.study.spec, assignment.number
        measured = measure(assignment, spec, evaluator)
        loop.measured(measured)
        if measured.state != "running":
            return measured
        return train(assignment, measured, spec, evaluator, partial(loop.epoch, number), partial(loop.timed, number))
