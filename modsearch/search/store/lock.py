"""The one search that may write to a run's folder, and whether there is one."""

import fcntl
import re
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from modsearch.file import locked
from modsearch.search.store.run_folder import write_whole

LOCK = "driver.lock"
ID = "driver.id"


def alone_in(folder: Path, advice: str) -> AbstractContextManager[None]:
    """Be the only one who writes to a run's folder; ValueError where another one does, or it cannot be written to.

    Args:
        folder: the run's folder; it is made.
        advice: what to do when another one is at work there.
    """
    return locked(folder / LOCK, f"Another search is writing to {str(folder)!r}. {advice}")


def driver_id(folder: Path) -> str:
    """Who the driver of a run's folder is among the drivers of its study: 32 hex digits, the same at every start.

    So what a killed driver left is known to be dead where the next one starts in its folder. A path would not do: it
    may mean another folder on another machine.
    """
    path = folder / ID
    try:
        known = path.read_text("ascii")
    except (OSError, ValueError):
        known = ""
    if not re.fullmatch("[0-9a-f]{32}", known):
        known = uuid4().hex
        write_whole(path, known.encode())
    return known


def has_driver(folder: Path) -> bool | None:
    """Whether a live process holds the run's lock; the kernel frees that of a dead one. None where nobody can tell."""
    try:
        if not (folder / LOCK).is_file():
            return False
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # another user's, or in a folder that can only be read
        return _is_held(folder / LOCK)


def _is_held(lock: Path) -> bool | None:
    """As ``has_driver``, by a look that does not write; None where not even that is allowed."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False
