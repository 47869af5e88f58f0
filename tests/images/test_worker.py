"""How many processes read."""

import pytest

from modsearch.images import worker
from modsearch.images.worker import num_workers


@pytest.mark.parametrize(("cpus", "neighbours", "expected"), [(1, 1, 1), (6, 1, 6), (64, 1, 8), (64, 8, 8), (7, 8, 0)])
def test_workers_are_as_many_as_cpus(
    cpus: int, neighbours: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "num_cpus", lambda: cpus)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(neighbours))
    assert num_workers() == expected


def test_a_daemon_has_no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.multiprocessing, "current_process", lambda: type("Process", (), {"daemon": True}))
    assert num_workers() == 0
