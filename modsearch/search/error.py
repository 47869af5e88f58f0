"""Errors of a search that are nobody's bad input."""

import errno


class SearchFailed(RuntimeError):  # noqa: N818
    """The search cannot go on: too many trials failed one after the other, or there is no room for their results."""


def is_disk_full(error: BaseException) -> bool:
    """Whether a file could not be written for want of room."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
