"""Retry: what a search does while its storage is away."""

import logging
import time
from collections.abc import Callable
from itertools import chain, repeat
from typing import TypeVar

from modsearch.search.error import why_away

_log = logging.getLogger("modsearch")

RETRY_S = 120.0
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)
OUTAGE = "outage"
"""The attribute of a log record that says what is away."""

Found = TypeVar("Found")


def retry(act: Callable[[], Found], reason_of: Callable[[Exception], str], what: str) -> Found:
    """Do something with a storage, and again while it is away; one line says so, and one that it is back.

    Args:
        act: may be done again where it failed.
        reason_of: the reason that an error gives for an absence that may pass; empty for any other error.
        what: the storage, as the lines call it.

    Raises:
        Exception: of ``act``: the storage stayed away for two minutes, or refuses for another reason.
    """
    end: float | None = None
    for pause_s in chain(PAUSES_S, repeat(PAUSES_S[-1])):
        try:
            found = act()
        except Exception as error:
            now, reason = time.monotonic(), reason_of(error)
            if not reason or now > (end or now + 1):
                raise
            if end is None:
                end = now + RETRY_S
                text = f"{what} is away: trying again for {RETRY_S:.0f} seconds ({reason})."
                _log.warning(text, extra={OUTAGE: what})
            time.sleep(pause_s)
        else:
            if end is not None:
                _log.warning("%s is back.", what)
            return found
    raise AssertionError("unreachable")


def retry_file(act: Callable[[], Found]) -> Found:
    """Do something with a file of a run's folder, and again while its disk or share is away.

    Raises:
        OSError: it stayed away for two minutes, or there is another reason.
    """
    return retry(act, why_away, "The run's folder")
