"""Errors of a search that are nobody's bad input."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modsearch.architecture import Architecture
from modsearch.message import is_out_of_memory

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_AWAY = (
    *(errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.EIO, errno.EREMOTEIO, errno.EAGAIN),
    *(errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH, errno.ECONNRESET),
    *(errno.EROFS, errno.EACCES, errno.EPERM),  # a share that comes back read-only for a while
)
"""What the kernel says of a share or a disk that is not there now."""


class SearchFailed(RuntimeError):  # noqa: N818
    """So many trials failed one after the other that the search cannot be working."""


class StorageFailed(SearchFailed):
    """A file of a run cannot be written: the search ends, and the trial at hand is run again by the next one."""

    def __init__(self, place: Path | str, error: Exception) -> None:
        super().__init__(
            f"{str(place)!r} cannot be written: {_reason(error)}. Nothing that finished is lost: "
            "once it can be written, the same command goes on."
        )

    def __reduce__(self) -> tuple[type[SearchFailed], tuple[Any, ...]]:
        """From one process to another go its words."""
        return SearchFailed, self.args


class SettingFailed(SearchFailed):
    """What was asked for, or the machine, is at fault, and every network would meet it: none has failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason.rstrip('.')}. No network is recorded as failed for it: "
            "once this is mended, the same command goes on."
        )

    def __reduce__(self) -> tuple[type[SearchFailed], tuple[Any, ...]]:
        """From one process to another go its words."""
        return SearchFailed, self.args


class NodeRefused(ValueError):  # noqa: N818
    """A machine of a cluster cannot score networks as that of the search does, for want of the same images, say."""


class OutOfMemory(RuntimeError):  # noqa: N818
    """A network wants more memory than there is."""

    def __init__(self, architecture: Architecture, advice: str, error: Exception) -> None:
        said = (str(error).splitlines() or [""])[0] or type(error).__name__
        super().__init__(f"{architecture.id} wants more memory than there is. {advice} ({said})")


@contextmanager
def memory_advice(architecture: Architecture, advice: str) -> Iterator[None]:
    """Raise OutOfMemory with this advice where the body runs out of memory."""
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemory(architecture, advice, error) from None
        raise


def is_disk_full(error: OSError) -> bool:
    """Whether a file could not be written for want of room."""
    return error.errno in _FULL


def why_away(error: Exception) -> str:
    """What the kernel says of a file whose disk or share may come back; empty for any other error."""
    return str(error.strerror) if isinstance(error, OSError) and error.errno in _AWAY else ""


def one_line(error: Exception) -> str:
    """An error as a record keeps it."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:500] if text else type(error).__name__


def _reason(error: Exception) -> str:
    """Why it cannot be written, as the kernel or a database says it."""
    text = error.strerror if isinstance(error, OSError) else (str(error).splitlines() or [type(error).__name__])[0]
    is_full = is_disk_full(error) if isinstance(error, OSError) else "disk is full" in str(text)
    return f"the disk is full ({text})" if is_full else str(text)
