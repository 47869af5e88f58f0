"""Board: what driver and workers tell each other beside the results that Ray Tune carries."""

import time

from modsearch.record import Epoch
from modsearch.search.ray.dispatch import Visit
from modsearch.search.worker_state import WorkerState

EpochNews = tuple[int, int, Epoch]
"""The number of a trial, that of its epoch, and the epoch."""


class Board:
    """An actor on the driver's node. Visits are fetched from it, so that Tune's own files stay small.

    What workers post is for those who watch: it may be lost without harm.
    """

    def __init__(self) -> None:
        self._visits: dict[str, Visit] = {}
        self._epochs: list[EpochNews] = []
        self._workers: dict[str, WorkerState] = {}

    def hang_up(self, visit_id: str, visit: Visit) -> None:
        """Offer a visit. It stays until it is taken down: a worker may die, and another one fetch it again."""
        self._visits[visit_id] = visit

    def fetch(self, visit_id: str) -> Visit:
        """The networks of a visit."""
        return self._visits[visit_id]

    def take_down(self, visit_id: str) -> None:
        """Forget a visit that is over."""
        self._visits.pop(visit_id, None)

    def post(self, worker: str, state: WorkerState, epoch: EpochNews | None = None) -> None:
        """Say what a worker is doing, and which epoch it finished. Its clock may be wrong: this one counts."""
        before = self._workers.get(worker)
        is_same = before is not None and (before.doing, before.number) == (state.doing, state.number)
        since = before.since if before is not None and is_same else time.time()
        self._workers[worker] = state.model_copy(update={"since": since})
        if epoch is not None:
            self._epochs.append(epoch)

    def news(self) -> tuple[list[EpochNews], dict[str, WorkerState]]:
        """The epochs since the last call, and what each worker is doing."""
        epochs, self._epochs = self._epochs, []
        return epochs, self._workers
