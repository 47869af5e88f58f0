"""Whether a search is at work in a run's folder."""

from pathlib import Path

from filelock import FileLock, Timeout

LOCK = "driver.lock"


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
