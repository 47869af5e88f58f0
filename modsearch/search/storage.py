"""Storages: the journal file of a run's folder, or a database behind a URL."""

import json
import os
import re
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

JOURNAL = "study.journal"


class Journal(JournalFileBackend):
    """Optuna's journal file, synced to the disk when a trial ends.

    Optuna syncs each of a trial's twenty entries, a few milliseconds each. A killed process loses nothing either way; a
    power failure may take the entries of the trial that was running, which is run again in any case.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.lock = path, JournalFileSymlinkLock(str(path))
        super().__init__(str(path), self.lock)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append entries, one line of JSON each."""
        text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        self.lock.acquire()
        try:
            with self.path.open("ab") as file:
                file.write(text.encode())
                file.flush()
                if any("state" in log for log in logs):
                    os.fsync(file.fileno())
        finally:
            self.lock.release()

    def cut_fragment(self) -> None:
        """Cut off a last line that a killed driver left half written: Optuna would glue the next entry to it."""
        if self.path.read_bytes()[-1:] in (b"", b"\n"):
            return
        self.lock.acquire()
        try:
            with self.path.open("r+b") as file:
                file.truncate(file.read().rfind(b"\n") + 1)
        finally:
            self.lock.release()


def open_storage(folder: Path, url: str | None) -> BaseStorage:
    """The journal file of a run's folder, or the database behind a URL.

    Raises:
        ValueError: nothing can be opened there.
    """
    if url is not None:
        return _open_database(url)
    try:
        return JournalStorage(Journal(folder / JOURNAL))
    except Exception as error:  # Optuna trips over a broken line in many ways
        raise ValueError(f"The journal {str(folder / JOURNAL)!r} cannot be read: {error!r}.") from None


def split_target(target: str) -> tuple[str, str]:
    """The URL and the study's name in ``URL#name``.

    Raises:
        ValueError: there is no name, or the URL is that of an SQLite file that does not exist.
    """
    url, _, name = target.rpartition("#")
    if not re.fullmatch(r"[\w.-]+", name) or "://" not in url:
        raise ValueError(f"A study in a database must be written URL#name. Got {without_password(target)!r} instead.")
    scheme, _, place = url.partition("://")
    path = Path(place.removeprefix("/").partition("?")[0])
    if scheme.startswith("sqlite") and not path.is_file():  # it would be created
        raise ValueError(f"There is no file {str(path)!r}.")
    return url, name


def without_password(url: str) -> str:
    """The URL without what may be secret: the user's part and the query."""
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{'***' if user else ''}{at}{place.partition('?')[0]}"


def _open_database(url: str) -> BaseStorage:
    try:
        return RDBStorage(url)
    except Exception as error:
        user = url.partition("://")[2].rpartition("@")[0]
        reason = (str(error).splitlines() or [type(error).__name__])[0].replace(url, without_password(url))
        for secret in (user, user.partition(":")[2]):
            reason = reason.replace(secret, "***") if secret else reason
        raise ValueError(f"The storage {without_password(url)!r} cannot be opened: {reason}") from None
