"""Mailbox: what driver and workers tell each other beside the results that Ray Tune carries."""

import asyncio
import time
from typing import NamedTuple
from uuid import uuid4

from modsearch.record import Epoch, Score
from modsearch.search.execute.assignment import Assignment
from modsearch.search.store.worker_state import WorkerState

_LOOK_S = 0.005
_START_S = 60.0  # a worker that starts for longer was given up by Tune, which tells nobody

EpochNews = tuple[int, int, Epoch]
"""The number of a trial, that of its epoch, and the epoch."""


class News(NamedTuple):
    """What came in since it was asked for last.

    Attributes:
        epochs: that were finished.
        workers: what each is doing now.
        mailbox: which one it is: one that was killed is started again, and has forgotten all.
    """

    epochs: list[EpochNews]
    workers: dict[str, WorkerState]
    mailbox: str


class Mailbox:
    """An actor on the driver's node. Networks are fetched from it, so that Tune's own files stay small.

    What workers post is for those who watch: it may be lost without harm.
    """

    def __init__(self) -> None:
        self._name = uuid4().hex
        self._out: dict[str, Assignment] = {}
        self._over: set[str] = set()
        self._epochs: list[EpochNews] = []
        self._workers: dict[str, WorkerState] = {}
        self._timed: dict[int, Score] = {}

    def put(self, tune_id: str, assignment: Assignment) -> None:
        """Offer a network. It stays until it is taken out: a worker may die, and another one fetch it again."""
        self._out[tune_id] = assignment

    async def fetch(self, tune_id: str) -> Assignment | None:
        """The network of this id. A worker may be faster than the driver, and waits until it lies here.

        None where it is over: Tune may give it to a worker that is free before the one that was started for it is up.
        """
        while tune_id not in self._out and tune_id not in self._over:
            await asyncio.sleep(_LOOK_S)
        return self._out.get(tune_id)

    def take_out(self, *tune_ids: str) -> None:
        """Forget networks that are over."""
        for tune_id in tune_ids:
            self._out.pop(tune_id, None)
        self._over.update(tune_ids)

    def post(self, worker: str, state: WorkerState, epoch: EpochNews | None = None) -> None:
        """Say what a worker is doing, and which epoch it finished. Its clock may be wrong: this one counts.

        Whoever had the same network before is dead.
        """
        if state.number is not None:
            self._workers = {
                name: other for name, other in self._workers.items() if name == worker or other.number != state.number
            }
        before = self._workers.get(worker)
        is_same = before is not None and (before.doing, before.number) == (state.doing, state.number)
        since = before.since if before is not None and is_same else time.time()
        self._workers[worker] = state.model_copy(update={"since": since})
        if epoch is not None:
            self._epochs.append(epoch)

    def put_timed(self, number: int, score: Score) -> None:
        """Offer what other machines timed of the network of a trial."""
        self._timed[number] = score

    def timed(self, number: int) -> Score | None:
        """What they timed; None while that is not there."""
        return self._timed.get(number)

    def news(self) -> News:
        """What came in since the last call."""
        begun_after = time.time() - _START_S
        self._workers = {
            name: state
            for name, state in self._workers.items()
            if state.doing != "starting" or state.since > begun_after
        }
        news = News(self._epochs, self._workers, self._name)
        self._epochs = []
        return news
