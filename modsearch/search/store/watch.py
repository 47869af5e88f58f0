"""Watch: looks at a study again and again while its driver writes to it."""

from datetime import datetime
from pathlib import Path

from modsearch.record import Trial
from modsearch.search.store.lock import has_driver
from modsearch.search.store.study import Study
from modsearch.search.store.worker_state import WorkerState, read_workers


def _is_there(folder: Path) -> bool:
    """Whether a folder is on this machine, also where it is another user's, who hides it."""
    try:
        return folder.is_dir()
    except OSError:
        return True


class Watch:
    """A study that is read repeatedly: its storage reads only what is new, and a trial that has ended is parsed once.

    A half-written last line of a live driver is read when it is whole.

    Args:
        study: opened for reading.
        folder: of the run; it holds the driver's lock. In a database each driver has a folder of its own, which its
            trials name: those on this machine are looked at too, of others only the trials are known.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        self._study, self._folder = study, folder
        self._trials: list[Trial] = []

    def is_driven(self) -> bool | None:
        """Whether a search is at work on it now, on this machine; None where it is another user's, who hides it."""
        found = [has_driver(folder) for folder in self._folders()]
        return True if True in found else None if None in found else False

    def is_elsewhere(self) -> bool:
        """Whether a trial runs whose folder is not here: with a search on another machine, or left by one that died."""
        folders = self._study.folders()
        return any(not _is_there(folders[number]) for number in self.ages_s() if number in folders)

    def trials(self) -> list[Trial]:
        """All trials in the order of proposal: the same list as before where nothing happened since."""
        trials = self._study.trials()
        if trials != self._trials:
            self._trials = trials
        return self._trials

    def workers(self) -> dict[str, WorkerState]:
        """Worker -> what it is doing; empty for a search in one process, and where none is at work."""
        return {name: state for folder in self._driven() for name, state in read_workers(folder).items()}

    def _driven(self) -> list[Path]:
        """The folders on this machine in which a search is at work."""
        return [folder for folder in self._folders() if has_driver(folder)]

    def _folders(self) -> dict[Path, None]:
        return dict.fromkeys((self._folder, *self._study.folders().values()))

    def ages_s(self) -> dict[int, float]:
        """Trial number -> seconds since a trial began that still runs, by the clock on the wall; at least 0."""
        now = datetime.now()
        return {
            frozen.number: max(0.0, (now - frozen.datetime_start).total_seconds())
            for frozen in self._study.optuna_study.get_trials(deepcopy=False)
            if not frozen.state.is_finished() and frozen.datetime_start
        }
