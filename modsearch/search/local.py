"""The local executor: one trial after the other in this process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from modsearch.search.desk import Desk
from modsearch.search.error import SettingFailed
from modsearch.search.evaluator import Evaluator
from modsearch.search.listener import Listener
from modsearch.search.meter import Ending
from modsearch.search.setting import CheckedEvaluator
from modsearch.search.study import INTERRUPTED, Study
from modsearch.search.work import measure, train


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
        desk, spec = Desk(self.study, self.folder, self.listener), self.study.spec
        evaluator = CheckedEvaluator(self.evaluator, spec)
        while (work := desk.next()) is not None:
            try:
                outcome = measure(work, spec, evaluator)
                desk.measured(outcome)
                if outcome.state == "running":
                    outcome = train(work, outcome, spec, evaluator, partial(desk.epoch, work.number))
            except (KeyboardInterrupt, SettingFailed):
                self.study.end_running(INTERRUPTED)
                raise
            desk.end(outcome)
        assert desk.ending is not None
        return desk.ending
