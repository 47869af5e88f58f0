"""A limit on the time of a trial."""

import faulthandler
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_GRACE_S = 60.0
_LEAST_S = 0.001  # an alarm after 0 s is none


class TrialTimeout(Exception):  # noqa: N818
    """A trial took longer than it may."""


@contextmanager
def time_limit(seconds: float, spent_s: float = 0.0) -> Iterator[None]:
    """Raise TrialTimeout in the body when it takes longer, less what was spent before it.

    Where the body hangs below Python and the exception does not come, the process is ended a minute later, with a
    traceback that says where it hung; the next search finds the trial unfinished. Outside of the main thread, which
    alone receives signals, there is only that.
    """
    left_s = max(_LEAST_S, seconds - spent_s)
    faulthandler.dump_traceback_later(left_s + _GRACE_S, exit=True, file=sys.__stderr__ or 2)
    try:
        with _alarm(left_s, f"no result within {seconds:g} s"):
            yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def _alarm(seconds: float, reason: str) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TrialTimeout(reason)

    handler = signal.signal(signal.SIGALRM, stop)
    before_s, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, before_s)
        signal.signal(signal.SIGALRM, handler)
