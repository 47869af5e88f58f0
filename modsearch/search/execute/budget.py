"""BudgetMeter: how much of its budget a search has spent."""

from collections.abc import Sequence

from modsearch.record import Trial, hypervolume_gain, search_seconds
from modsearch.search.execute.source import Ending
from modsearch.search.propose.history import History
from modsearch.search.store.corner import corner_of
from modsearch.search.store.study import Study

_WINDOW_S = 3600.0


class BudgetMeter:
    """Adds up what trials took, over all starts of a search.

    Args:
        study: the record.
        trials: what earlier starts found.
    """

    def __init__(self, study: Study, trials: Sequence[Trial]) -> None:
        self._study = study
        self._seconds = search_seconds(trials)
        self._trials = list(trials) if study.spec.budget.plateau is not None else []  # 20 KB each

    def add(self, trial: Trial) -> None:
        """Enter a trial that ended."""
        if self._study.spec.budget.plateau is not None:
            self._trials.append(trial)
        self._seconds += search_seconds([trial])

    def ending(self, history: History) -> Ending | None:
        """Which limit of the budget is reached; None while the search may go on.

        There is no plateau before the corner of the hypervolume is fixed: until then the worst network adds nothing.
        """
        budget = self._study.spec.budget
        if budget.trials is not None and len(history.judged) >= budget.trials:
            return "trials"
        if budget.hours is not None and self._seconds >= 3600 * budget.hours:
            return "hours"
        header = self._study.header
        if budget.plateau is not None and self._seconds > _WINDOW_S and not header.first_design:
            gain = hypervolume_gain(self._trials, header.spec, corner_of(header, self._trials), _WINDOW_S)
            return "plateau" if gain < budget.plateau else None
        return None
