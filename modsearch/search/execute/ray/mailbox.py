"""Mailbox: what driver and workers tell each other beside the results that Ray Tune carries."""

import asyncio
import time
from typing import NamedTuple
from uuid import uuid4

from modsearch.record import Epoch
from modsearch.search.execute.ray.dispatch import Visit
from modsearch.search.execute.work import Outcome
from modsearch.search.store.worker_state import WorkerState

_LOOK_S = 0.005
_START_S = 60.0  # a worker that starts for longer was given up by Tune, which tells nobody

EpochNews = tuple[int, int, Epoch]
"""The number of a trial, that of its epoch, and the epoch."""


class News(NamedTuple):
    """What came in since it was asked for last.

    Attributes:
        epochs: that were finished.
        outcomes: of networks whose visit goes on, each with the id of the visit.
        workers: what each is doing now.
        mailbox: which one it is: one that was killed is started again, and has forgotten all.
    """

    epochs: list[EpochNews]
    outcomes: list[tuple[str, Outcome]]
    workers: dict[str, WorkerState]
    mailbox: str


class Mailbox:
    """An actor on the driver's node. Visits are fetched from it, so that Tune's own files stay small.

    Of a visit of several networks each outcome is handed in here as it comes, and the worker goes on at once; the last
    one ends the visit and comes as Tune's result.

    What workers post is for those who watch: it may be lost without harm.
    """

    def __init__(self) -> None:
        self._name = uuid4().hex
        self._visits: dict[str, Visit] = {}
        self._over: set[str] = set()
        self._outcomes: list[tuple[str, Outcome]] = []
        self._epochs: list[EpochNews] = []
        self._workers: dict[str, WorkerState] = {}

    def put(self, visit_id: str, visit: Visit) -> None:
        """Offer a visit. It stays until it is taken out: a worker may die, and another one fetch it again."""
        self._visits[visit_id] = visit

    async def fetch(self, visit_id: str) -> Visit:
        """The networks of a visit that are left. A worker may be faster than the driver, and waits until it lies here.

        None are left of a visit that is over: Tune may give it to a worker that is free before the one that was
        started for it is up.
        """
        while visit_id not in self._visits and visit_id not in self._over:
            await asyncio.sleep(_LOOK_S)
        return self._visits.get(visit_id, [])

    def hand_in(self, visit_id: str, outcome: Outcome) -> None:
        """Take an outcome of a visit that goes on: should the worker die, another one begins after this network."""
        if visit_id in self._visits:
            left = [pair for pair in self._visits[visit_id] if pair[0].number != outcome.number]
            self._visits[visit_id] = left
        if visit_id not in self._over:
            self._outcomes.append((visit_id, outcome))

    def take_out(self, *visit_ids: str) -> None:
        """Forget visits that are over."""
        for each in visit_ids:
            self._visits.pop(each, None)
        self._over.update(visit_ids)

    def post(self, worker: str, state: WorkerState, epoch: EpochNews | None = None) -> None:
        """Say what a worker is doing, and which epoch it finished. Its clock may be wrong: this one counts.

        Whoever had the same network before is dead.
        """
        if state.number is not None:
            self._workers = {
                name: each for name, each in self._workers.items() if name == worker or each.number != state.number
            }
        before = self._workers.get(worker)
        is_same = before is not None and (before.doing, before.number) == (state.doing, state.number)
        since = before.since if before is not None and is_same else time.time()
        self._workers[worker] = state.model_copy(update={"since": since})
        if epoch is not None:
            self._epochs.append(epoch)

    def news(self) -> News:
        """What came in since the last call."""
        begun_after = time.time() - _START_S
        self._workers = {
            name: each for name, each in self._workers.items() if each.doing != "starting" or each.since > begun_after
        }
        news = News(self._epochs, self._outcomes, self._workers, self._name)
        self._epochs, self._outcomes = [], []
        return news
