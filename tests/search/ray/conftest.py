"""A cluster of several nodes on this machine."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from tests.integration.postgres import PASSWORD, Server, running
from tests.search.ray.search import Search

_names = count()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head without work, and two nodes of one slot each."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        made.add_node(num_cpus=1)
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def url(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of an empty database."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return server.create_database(f"study_{next(_names)}")


@pytest.fixture(autouse=True)
def no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.search.run.latency_tables_digest", lambda spec: {})


@pytest.fixture
def search(cluster: Cluster, tmp_path: Path) -> Search:
    return Search(cluster, tmp_path)
