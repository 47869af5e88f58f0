"""Contention: whether other processes keep the processors from this one, and what torch's threads do about it."""

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Self

_TASKS = Path("/proc/self/task")
_INTERVAL_S = 0.5
BUSY_SHARE = 0.1
"""Seconds that threads wait for a processor, all together, in a second of a busy machine; a quiet one has less."""
_QUIET_SHARE = 0.02


class Contention:
    """How long the threads of this process wait for a processor though they could run (Linux's schedstat)."""

    def __init__(self) -> None:
        self._begun_s, self._waited_s = time.monotonic(), _waited_s()

    def share(self) -> float | None:
        """Seconds of waiting a second, added up over threads, since this was made or asked; None where nobody tells."""
        before, self._waited_s = self._waited_s, _waited_s()
        begun_s, self._begun_s = self._begun_s, time.monotonic()
        if not before or not self._waited_s or self._begun_s <= begun_s:
            return None
        waited_s = sum(now - before.get(thread, 0.0) for thread, now in self._waited_s.items())
        return waited_s / (self._begun_s - begun_s)


class Courtesy:
    """Lets OpenMP threads that wait for each other sleep at once, while other processes want the processors.

    By default (GNU's libgomp) they first spin for some milliseconds. On a quiet machine that saves them the time to
    wake up, but beside others it uses up their turns, so that they wait when there is work. The library cannot be
    told so once it is loaded, but it hardly spins while it has more threads than there are CPUs: a team without work
    sees to it. What is computed stays the same.
    """

    def __init__(self) -> None:
        self._contention, self._looked_s = Contention(), time.monotonic()
        self._team: _IdleTeam | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go()

    def look(self) -> None:
        """See whether the machine is busy, half a second after the last time at the earliest."""
        if time.monotonic() - self._looked_s < _INTERVAL_S:
            return
        self._looked_s, share = time.monotonic(), self._contention.share()
        if self._team is None and share is not None and share > BUSY_SHARE:
            self._team = _IdleTeam()
            self._team.start()
        elif share is not None and share < _QUIET_SHARE:
            self._let_go()

    def _let_go(self) -> None:
        if self._team is not None:
            self._team.ended.set()
        self._team = None


@contextmanager
def giving_way() -> Iterator[None]:
    """Look again and again while the body runs."""
    ended = Event()
    watch = Thread(target=_watch, args=(ended,), daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()


def _watch(ended: Event) -> None:
    with Courtesy() as courtesy:
        while not ended.wait(_INTERVAL_S):
            courtesy.look()


class _IdleTeam(Thread):
    """As many OpenMP threads as there are CPUs, without work; they go with this thread."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ended = Event()

    def run(self) -> None:
        with suppress(OSError, AttributeError):  # another OpenMP library, or none
            gomp = ctypes.CDLL("libgomp.so.1", mode=os.RTLD_NOLOAD | os.RTLD_LAZY)
            nothing = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
            gomp.GOMP_parallel(nothing, None, len(os.sched_getaffinity(0)), 0)
        self.ended.wait()


def _waited_s() -> dict[str, float]:
    """Thread -> seconds that it has waited for a processor; empty where the kernel does not tell."""
    found = {}
    with suppress(OSError):
        for thread in _TASKS.iterdir():
            with suppress(OSError, ValueError, IndexError):  # it has ended meanwhile
                found[thread.name] = int((thread / "schedstat").read_text().split()[1]) / 1e9
    return found
