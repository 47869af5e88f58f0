"""A storage that is away for a while in the middle of a search on a cluster."""

import logging
import time
from collections import Counter
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from modsearch.search import StorageFailed
from modsearch.search.store import retry
from tests.integration.postgres import Server
from tests.search.execute.ray.faulty import noted, untimed_spec
from tests.search.execute.ray.search import Search, when

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray's own files
]

AWAY_S = 3.0


@pytest.fixture
def with_database(cluster: Cluster, tmp_path: Path, url: str) -> Search:
    return Search(cluster, tmp_path, url)


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that lasts for longer than a server takes to stop."""
    monkeypatch.setattr(Search, "seconds", 1.0)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RETRY_S", 0.5)


def move(path: Path, to: Path) -> None:
    path.rename(to)


def number_trained(search: Search) -> int:
    return len(noted(search.folder))


def waits_it_out(search: Search, caplog: pytest.LogCaptureFixture, what: str) -> None:
    """All networks in the record, each trained once, and two lines about it."""
    with caplog.at_level(logging.WARNING, "modsearch"):
        assert search.run(untimed_spec(), num_workers=2) == "trials"
    search.check(10)
    assert Counter(noted(search.folder)).most_common(1)[0][1] == 1
    said = [record.getMessage() for record in caplog.records if record.name == "modsearch"]
    assert said[0].startswith(f"{what} is away: trying again for 120 seconds (")
    assert said[-1] == f"{what} is back."
    assert search.lost == {}


def goes_on(search: Search) -> None:
    """The same search again: what had ended stays, and is not trained again."""
    trials = search.study.trials()
    before = [trial for trial in trials if trial.state == "complete"]
    running = [trial for trial in trials if trial.state == "running"]
    num_at_hand = sum(
        trial.score is None or "accuracy" not in trial.score.metrics for trial in running
    )  # no whole score
    assert 1 <= len(before) < 10
    assert num_at_hand >= 1
    assert search.run(untimed_spec()) == "trials"
    search.check(10, num_failed=num_at_hand)
    begun = Counter(noted(search.folder))
    assert all(begun[trial.architecture.id] == 1 for trial in before if trial.architecture)


def test_a_folder_that_is_away_for_a_while(search: Search, caplog: pytest.LogCaptureFixture) -> None:
    """As a share that is unmounted and mounted again: its path leads nowhere meanwhile."""
    away = search.folder / "away"

    def vanish() -> None:
        search.run_folder.rename(away)
        time.sleep(AWAY_S)
        assert not search.run_folder.exists(), "nothing was begun in its place"
        away.rename(search.run_folder)

    thread = when(lambda: number_trained(search) >= 4, vanish)
    waits_it_out(search, caplog, "The run's folder")
    thread.join()


@pytest.mark.usefixtures("impatient")
def test_a_folder_that_stays_away_ends_the_search_with_a_line(search: Search) -> None:
    away = search.folder / "away"
    thread = when(lambda: number_trained(search) >= 4, lambda: move(search.run_folder, away))
    with pytest.raises(StorageFailed, match=r"cannot be written: No such file or directory\. .* the same command"):
        search.run(untimed_spec())
    thread.join()
    away.rename(search.run_folder)
    goes_on(search)


def test_a_server_that_is_stopped_and_started(
    with_database: Search, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def restart() -> None:
        server.stop()
        time.sleep(AWAY_S)
        server.start()

    thread = when(lambda: number_trained(with_database) >= 4, restart)
    waits_it_out(with_database, caplog, "The database")
    thread.join()


@pytest.mark.usefixtures("impatient")
def test_a_server_that_stays_away_ends_the_search_with_a_line(with_database: Search, server: Server) -> None:
    thread = when(lambda: number_trained(with_database) >= 4, server.stop)
    with pytest.raises(StorageFailed, match=r"^'postgresql://\*\*\*@.* cannot be written: .* the same command goes on"):
        with_database.run(untimed_spec())
    thread.join()
    server.start()
    goes_on(with_database)
