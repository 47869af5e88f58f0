"""Journal: Optuna's record of a study in one file, a line of JSON an entry, written by one driver."""

import json
import os
import shlex
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from io import FileIO
from itertools import chain, islice
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend

from modsearch.search.error import StorageFailed
from modsearch.search.store.retry import retry_file
from modsearch.search.store.run_folder import JOURNAL

Log = dict[str, Any]
"""An entry of a journal: what happened to the study, or to a trial of it."""


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

    def append_logs(self, logs: list[Log]) -> None:
        """Append entries, one line of JSON each: all of them or, where an error strikes, none. Waits for the file.

        Raises:
            StorageFailed: the disk is full, the file stays away, or it cannot be written for another reason.
        """
        content = b"".join(map(entry_line, logs))
        is_synced = any("state" in log for log in logs)
        start: int | None = None

        def append() -> None:
            nonlocal start
            size = self.path.stat().st_size  # where the file is away, to append would begin another one in its place
            with self.path.open("ab", buffering=0) as file:
                if start is not None and size > start:
                    file.truncate(start)  # what the last attempt could not take back
                start = size if start is None else start
                _append(file, content, is_synced)

        try:
            retry_file(append)
        except OSError as error:
            raise StorageFailed(self.path, error) from None

    def read_logs(self, log_number_from: int) -> Iterator[Log]:  # type: ignore[override]
        """Entries from this number on; waits for an absent file.

        Raises:
            StorageFailed: it stays away.
        """

        def begin() -> Iterator[Log]:
            logs = JournalFileBackend.read_logs(self, log_number_from)
            return chain(list(islice(logs, 1)), logs)

        try:
            return retry_file(begin)
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


class MemoryJournal(BaseJournalBackend):
    """A journal that no file holds."""

    def __init__(self, logs: Sequence[Log] = ()) -> None:
        self.logs = list(logs)

    def read_logs(self, log_number_from: int) -> Iterator[Log]:
        """Entries from this number on."""
        return iter(self.logs[log_number_from:])

    def append_logs(self, logs: list[Log]) -> None:
        """Append entries."""
        self.logs += logs


def open_journal(folder: Path) -> JournalStorage:
    """The journal of a run's folder; ValueError where it cannot be read."""
    journal = Journal(folder / JOURNAL)
    try:
        journal.check_end()
        return JournalStorage(journal)
    except OSError as error:
        raise ValueError(f"The journal {str(journal.path)!r} cannot be read: {error.strerror}.") from None
    except Exception:  # Optuna trips over a broken line in many ways
        number = _damaged_line(journal.path.read_bytes())
        raise ValueError(
            f"The journal {str(journal.path)!r} cannot be read: line {number} is damaged. "
            f"To mend it: {shlex.join(('modsearch', 'doctor', str(folder)))}"
        ) from None


_BEGINNING = b'{"op_code":'


def read_lines(content: bytes) -> Iterator[tuple[int, bytes, Log | None]]:
    """The lines of a journal by number, counted from 1: each with its entry, or None where it is none.

    Of a line that begins with damage and ends with a whole entry, that entry is read in a second step: so it looks
    where somebody wrote on after a half-written line.
    """
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        log = _log(line)
        yield number, line, log
        start = line.rfind(_BEGINNING)
        if log is None and start > 0 and (rest := _log(line[start:])) is not None:
            yield number, line, rest


def entry_line(log: Log) -> bytes:
    """An entry as it stands in the file."""
    return (json.dumps(log, separators=(",", ":")) + "\n").encode()


def _damaged_line(content: bytes) -> int:
    """The number of the first line that is no entry, or else of the first entry that Optuna trips over."""
    lines = list(read_lines(content))
    broken = next((number for number, _, log in lines if log is None), None)
    if broken is not None:
        return broken
    logs = [log for _, _, log in lines if log is not None]
    return 1 + bisect_left(range(len(logs)), True, key=lambda index: not _can_be_read(logs[: index + 1]))


def _can_be_read(logs: Sequence[Log]) -> bool:
    try:
        JournalStorage(MemoryJournal(logs))
    except Exception:
        return False
    return True


def _log(line: bytes) -> Log | None:
    try:
        log = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return log if isinstance(log, dict) and "op_code" in log else None


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
