"""Errors of a search that are nobody's bad input."""

import errno
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SearchFailed(RuntimeError):  # noqa: N818
    """So many trials failed one after the other that the search cannot be working."""


class StorageFailed(SearchFailed):
    """A file of a run cannot be written: the search ends, and the trial at hand is run again by the next one."""

    def __init__(self, path: Path, error: OSError) -> None:
        reason = f"the disk is full ({error.strerror})" if error.errno in _FULL else str(error.strerror)
        super().__init__(
            f"{str(path)!r} cannot be written: {reason}. Nothing that finished is lost: "
            "once it can be written, the same command goes on."
        )


def is_disk_full(error: OSError) -> bool:
    """Whether a file could not be written for want of room."""
    return error.errno in _FULL
