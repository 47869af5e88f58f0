"""The one search that may write to a run's folder, and whether there is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = "driver.lock"
_PATIENCE_S = 0.5  # a look at the lock holds it for a moment


@contextmanager
def locked(folder: Path, advice: str) -> Iterator[None]:
    """Be the only one who writes to a run's folder. The kernel frees the lock of a process that dies.

    Args:
        folder: the run's folder; it is made.
        advice: what to do when another one is at work there.

    Raises:
        ValueError: another one is, or the folder cannot be written to.
    """
    lock = FileLock(folder / LOCK, timeout=_PATIENCE_S)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise ValueError(f"Another search is writing to {str(folder)!r}. {advice}") from None
    except OSError as error:
        raise ValueError(f"The folder {str(folder)!r} cannot be written to: {error.strerror}.") from None
    try:
        yield
    finally:
        lock.release()


def has_driver(folder: Path) -> bool:
    """Whether a live process holds the run's lock; the kernel frees that of a dead one."""
    if not (folder / LOCK).is_file():
        return False
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # not ours to lock: a folder that can only be read
        return False
