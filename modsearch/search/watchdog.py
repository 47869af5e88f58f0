"""A limit on the time of a trial."""

import faulthandler
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_GRACE_S = 60.0


class TrialTimeout(Exception):  # noqa: N818
    """A trial took longer than it may."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TrialTimeout in the body when it takes longer.

    Where the body hangs below Python and the exception does not come, the process is ended a minute later, with a
    traceback that says where it hung; the next search finds the trial unfinished. Outside of the main thread, which
    alone receives signals, there is only that.
    """
    faulthandler.dump_traceback_later(seconds + _GRACE_S, exit=True, file=sys.__stderr__ or 2)
    try:
        with _alarm(seconds):
            yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TrialTimeout(f"no result within {seconds:g} s")

    handler = signal.signal(signal.SIGALRM, stop)
    before_s, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, before_s)
        signal.signal(signal.SIGALRM, handler)
