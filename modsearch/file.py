"""Files: written whole or not at all, by one alone, and read no further than expected."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

PARTIAL = ".part"
"""How the name of a file ends that is being written; what a killed process leaves under such a name is refuse."""
_PATIENCE_S = 0.5  # a look at a lock holds it for a moment


@contextmanager
def appearing(path: Path, partial: Path | None = None) -> Iterator[BinaryIO]:
    """A file to write that takes its name only when it is complete and on the disk, whatever dies meanwhile.

    Args:
        path: what it will be called. What stands there is replaced.
        partial: what it is called until then, in the same folder; by default as ``path`` with ``PARTIAL``.
    """
    partial = partial or path.with_name(path.name + PARTIAL)
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)  # a full disk needs the room
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a write that fails does not say of what
        raise


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Be the only one who writes to the folder of a lock; it is made. The kernel frees the lock of a process that dies.

    Args:
        path: the lock.
        busy: what to say where another one holds it.

    Raises:
        ValueError: another one does, or the folder cannot be written to.
    """
    lock = FileLock(path, timeout=_PATIENCE_S)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise ValueError(busy) from None
    except OSError as error:
        raise ValueError(f"The folder {str(path.parent)!r} cannot be written to: {error.strerror}.") from None
    try:
        yield
    finally:
        lock.release()


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """What a file holds.

    Raises:
        ValueError: it is longer than ``max_bytes``.
        OSError: it cannot be read.
    """
    if path.stat().st_size > max_bytes:
        raise ValueError(f"it has more than {max_bytes:,} bytes")
    return path.read_bytes()
