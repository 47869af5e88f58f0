"""Host: a machine that times networks, one after the other, while everything else goes on here."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from threading import Event
from typing import TypeVar

from modsearch.record import Environment, Missed, TimingJob
from modsearch.search.error import SearchFailed
from modsearch.search.retime.ssh import HostAway, Session
from modsearch.search.retime.timing import Result
from modsearch.space import Deployment

Found = TypeVar("Found")

_PAUSES_S = (2.0, 5.0, 10.0, 30.0)  # between two attempts to reach a machine; the last one again and again
_MAX_BREAKS = 3
_LOOK_S = 0.2


class Broken(SearchFailed):
    """The connection breaks whenever this is asked for."""


class Host:
    """One machine. It is asked from a thread of its own.

    Args:
        deployment: names the machine, and how modsearch is called there.
        limit_s: the longest that one network may take.

    Attributes:
        patience_s: how long a machine is waited for that was reached once.
        notes: what whoever watches should know, until somebody takes it.
        is_there: whether it was reached when that was tried last.
    """

    patience_s: float = 600.0

    def __init__(self, deployment: Deployment, limit_s: float = float("inf")) -> None:
        assert deployment.host is not None
        self.name = deployment.host
        self.notes: deque[str] = deque()
        self.is_there = False
        self._session = Session(deployment.host, deployment.remote_command, limit_s)
        self._thread = ThreadPoolExecutor(1, f"host {deployment.host}")
        self._closing, self._is_idle = Event(), Event()
        self._is_idle.set()
        self._was_reached = False

    def environment(self, job: TimingJob) -> "Future[Environment]":
        """Where a job would be timed; its future raises as that of ``time``."""
        return self._thread.submit(self._insist, lambda: self._session.environment(job))

    def time(self, job: TimingJob) -> "Future[Result]":
        """What comes of a job of one network.

        Its future raises ValueError where the machine lacks what the deployment needs, and SearchFailed where it cannot
        be reached, however long it was waited for.
        """
        return self._thread.submit(self._time, job)

    def close(self) -> None:
        """Let go of the machine; what it still has to do is left."""
        self._closing.set()
        self._thread.shutdown(wait=False, cancel_futures=True)
        while not self._is_idle.wait(_LOOK_S):
            self._session.kill()  # as often as it takes: it may have been connecting
        self._thread.shutdown()
        self._session.close()

    def _time(self, job: TimingJob) -> Result:
        try:
            return self._insist(lambda: self._session.time(job))
        except Broken as error:
            return Missed(architecture_id=job.networks[0].id, place=job.place, reason=str(error))

    def _insist(self, ask: Callable[[], Found]) -> Found:
        """What is asked for, once the machine is there. One that was never reached is not waited for."""
        num_breaks = 0
        self._is_idle.clear()
        try:
            while True:
                self._reach()
                try:
                    return ask()
                except HostAway as error:
                    num_breaks += 1
                    if num_breaks == _MAX_BREAKS:
                        raise Broken(f"the connection broke {num_breaks} times meanwhile: {error}") from None
        finally:
            self._is_idle.set()

    def _reach(self) -> None:
        """Connect, unless we are; wait for a machine that is away, and say so.

        Raises:
            HostAway: it did not come back.
            SearchFailed: it refuses us.
        """
        since_s, num_attempts = time.monotonic(), 0
        while True:
            if self._closing.is_set():
                raise HostAway(f"{self.name} is let go of.")
            try:
                self._session.connect()
                break
            except HostAway as error:
                self.is_there = False
                if not self._was_reached or time.monotonic() - since_s >= self.patience_s:
                    raise
                if num_attempts == 0:
                    self.notes.append(f"{error} It is waited for, {self.patience_s / 60:g} minutes at most.")
                self._closing.wait(_PAUSES_S[min(num_attempts, len(_PAUSES_S) - 1)])
                num_attempts += 1
        self._was_reached = self.is_there = True
        if num_attempts:
            self.notes.append(f"{self.name} is there again.")


def tell(hosts: Iterable[Host], note: Callable[[str], None]) -> None:
    """Pass on what hosts have to say, in the thread that calls."""
    for host in hosts:
        while host.notes:
            note(host.notes.popleft())


def awaited_from(host: Host, future: "Future[Found]", note: Callable[[str], None]) -> Found:
    """What a future gives, once it is there; Ctrl-C ends the wait."""
    while True:
        tell([host], note)
        try:
            return future.result(_LOOK_S)
        except TimeoutError:
            if future.done():
                return future.result()


def time_on(host: Host, job: TimingJob, note: Callable[[str], None]) -> Iterator[Result]:
    """What comes of each network of a job, one after the other.

    Raises:
        ValueError: the machine lacks what the deployment needs.
        SearchFailed: it cannot be reached.
    """
    for network in job.networks:
        yield awaited_from(host, host.time(job.having((network,))), note)
