"""The local executor: one trial after the other in this process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from modsearch.search.error import SettingFailed
from modsearch.search.evaluator import Evaluator
from modsearch.search.execute.assignment import measure, train
from modsearch.search.execute.listener import Listener
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.setting import CheckedEvaluator
from modsearch.search.execute.source import Ending
from modsearch.search.store.study import INTERRUPTED, Study


@dataclass
class LocalExecutor:
    """Runs a study until its budget is spent or its space is used up.

    Attributes:
        study: the record, opened for writing.
        evaluator: scores networks.
        folder: the run's folder, for weights.
        listener: hears of every step.
        lost: nothing: there are no workers.
    """

    study: Study
    evaluator: Evaluator
    folder: Path
    listener: Listener = field(default_factory=Listener)
    lost: Mapping[str, int] = field(default_factory=dict)

    def run(self) -> Ending:
        """Search. What an earlier search left unfinished is tried again first.

        Raises:
            SearchFailed: ten trials failed in a row, every network would fail, or the disk is full.
            KeyboardInterrupt: Ctrl-C; the current trial is recorded as failed, and the next search begins with it.
        """
        loop, spec = Loop(self.study, self.folder, self.listener), self.study.spec
        evaluator = CheckedEvaluator(self.evaluator, spec)
        while (assignment := loop.next()) is not None:
            try:
                outcome = measure(assignment, spec, evaluator)
                loop.measured(outcome)
                if outcome.state == "running":
                    outcome = train(assignment, outcome, spec, evaluator, partial(loop.epoch, assignment.number))
            except (KeyboardInterrupt, SettingFailed):
                self.study.end_running(INTERRUPTED)
                raise
            loop.end(outcome)
        assert loop.ending is not None
        return loop.ending
