"""Storages: the journal file of a run's folder, or a database behind a URL."""

import json
import os
import shlex
from collections.abc import Callable, Iterator
from io import FileIO
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from modsearch.architecture import Architecture
from modsearch.file import appearing
from modsearch.search.error import StorageFailed, why_away
from modsearch.search.store.damage import find_damage
from modsearch.search.store.database import open_database
from modsearch.search.store.retry import retry
from modsearch.space import Fidelity

Found = TypeVar("Found")

JOURNAL = "study.journal"
CHECKPOINTS = "checkpoints"


class Journal(JournalFileBackend):
    """Optuna's journal file, appended to without Optuna's lock and synced to the disk when a trial ends.

    Optuna's lock is a link that a killed process leaves behind: the next one waits 30 s, or for ever where the path is
    relative. There is nothing to lock: a run has one driver, held by the kernel, and one write to a file opened for
    appending is not torn by another one, such as the dashboard's.

    Optuna syncs each of a trial's twenty entries, a few milliseconds each. A killed process loses nothing either way; a
    power failure may take the entries of the trial that was running, which is run again in any case.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(str(path))

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append entries, one line of JSON each: all of them or, where an error strikes, none. Waits for the file.

        Raises:
            StorageFailed: the disk is full, the file stays away, or it cannot be written for another reason.
        """
        text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        is_synced = any("state" in log for log in logs)
        start: int | None = None

        def append() -> None:
            nonlocal start
            size = self.path.stat().st_size  # where the file is away, to append would begin another one in its place
            with self.path.open("ab", buffering=0) as file:
                if start is not None and size > start:
                    file.truncate(start)  # what the last attempt could not take back
                start = size if start is None else start
                _append(file, text.encode(), is_synced)

        try:
            _retried(append)
        except OSError as error:
            raise StorageFailed(self.path, error) from None

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """Entries from this number on; waits for an absent file.

        Raises:
            StorageFailed: it stays away.
        """

        def begin() -> Iterator[dict[str, Any]]:
            logs = JournalFileBackend.read_logs(self, log_number_from)
            return chain(list(islice(logs, 1)), logs)

        try:
            return _retried(begin)
        except OSError as error:
            raise StorageFailed(self.path, error) from None

    def cut_fragment(self) -> int:
        """Cut off a last line that a killed driver left half written: Optuna would glue the next entry to it.

        Only the driver may call this.

        Returns:
            The number of bytes that were cut off.
        """
        content = self.path.read_bytes()
        length = content.rfind(b"\n") + 1
        if length < len(content):
            os.truncate(self.path, length)
        return len(content) - length

    def check_end(self) -> None:
        """Raise where the last whole line is damaged: Optuna leaves it out, and stumbles over it at the next entry."""
        content = self.path.read_bytes()
        end = content.rfind(b"\n")
        if end >= 0:
            json.loads(content[content.rfind(b"\n", 0, end) + 1 : end])


def _retried(act: Callable[[], Found]) -> Found:
    return retry(act, why_away, "The run's folder")


def _append(file: FileIO, content: bytes, is_synced: bool) -> None:
    """Append all of ``content`` or nothing: a full disk takes a part of it before it refuses."""
    length, num_written = os.fstat(file.fileno()).st_size, 0
    try:
        while num_written < len(content):
            num_written += file.write(content[num_written:])
        if is_synced:
            os.fsync(file.fileno())
    except BaseException:
        file.truncate(length)
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, whatever dies meanwhile. Its folder is made; the run's own is waited for.

    Raises:
        StorageFailed: it cannot be written.
    """

    def write() -> None:
        path.parent.mkdir(exist_ok=True)  # not its parents: in place of an absent share that would be another one
        with appearing(path) as file:
            file.write(content)

    try:
        _retried(write)
    except OSError as error:
        raise StorageFailed(path, error) from None


def weights_path(folder: Path, architecture: Architecture, fidelity: Fidelity, replicate: int = 0) -> Path:
    """Where the weights of a trained network lie in a run's folder."""
    return folder / "weights" / f"{architecture.id}-{replicate}-{fidelity.tag}.safetensors"


def open_storage(folder: Path, url: str | None) -> BaseStorage:
    """The journal file of a run's folder, or the database behind a URL.

    Raises:
        ValueError: nothing can be opened there.
    """
    if url is not None:
        return open_database(url)
    journal = Journal(folder / JOURNAL)
    try:
        journal.check_end()
        return JournalStorage(journal)
    except OSError as error:
        raise ValueError(f"The journal {str(journal.path)!r} cannot be read: {error.strerror}.") from None
    except Exception:  # Optuna trips over a broken line in many ways
        number = next(iter(find_damage(journal.path.read_bytes()).removed), 1)
        raise ValueError(
            f"The journal {str(journal.path)!r} cannot be read: line {number} is damaged. "
            f"To mend it: {shlex.join(('modsearch', 'doctor', str(folder)))}"
        ) from None


def checkpoint_path(folder: Path, architecture: Architecture, fidelity: Fidelity) -> Path:
    """Where the checkpoint of a trial's training lies in a run's folder."""
    return folder / CHECKPOINTS / weights_path(folder, architecture, fidelity).name
