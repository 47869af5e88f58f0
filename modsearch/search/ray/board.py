"""Board: what driver and workers tell each other beside the results that Ray Tune carries."""

from typing import Any

from modsearch.record import Epoch
from modsearch.search.ray.dispatch import Visit


class Board:
    """An actor on the driver's node. Visits are fetched from it, so that Tune's own files stay small.

    What is posted of epochs is for those who watch: it may be lost without harm.
    """

    def __init__(self) -> None:
        self._visits: dict[str, Visit] = {}
        self._epochs: list[tuple[int, int, Epoch]] = []
        self._workers: dict[str, dict[str, Any]] = {}

    def hang_up(self, visit_id: str, visit: Visit) -> None:
        """Offer a visit. It stays until it is taken down: a worker may die, and another one fetch it again."""
        self._visits[visit_id] = visit

    def fetch(self, visit_id: str) -> Visit:
        """The networks of a visit."""
        return self._visits[visit_id]

    def take_down(self, visit_id: str) -> None:
        """Forget a visit that is over."""
        self._visits.pop(visit_id, None)

    def post(self, worker: str, doing: dict[str, Any], epoch: tuple[int, int, Epoch] | None = None) -> None:
        """Say what a worker is doing, and which epoch it finished: the trial's number, the epoch's, the epoch."""
        self._workers[worker] = doing
        if epoch is not None:
            self._epochs.append(epoch)

    def news(self) -> tuple[list[tuple[int, int, Epoch]], dict[str, dict[str, Any]]]:
        """The epochs since the last call, and what each worker is doing."""
        epochs, self._epochs = self._epochs, []
        return epochs, self._workers
