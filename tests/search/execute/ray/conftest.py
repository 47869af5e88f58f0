"""A cluster of several nodes on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from modsearch.search import RunPlace, Study, open_run
from tests.conformance.tabulated import study_spec
from tests.integration.postgres import server, url
from tests.search.execute.ray.played import EVALUATOR
from tests.search.execute.ray.search import Search

__all__ = ["server", "url"]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A head without work, and two nodes of one slot each.

    One for each test: after a worker's death Ray 2.60 may lose its slot (Ray's issue 64693).
    """
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        made.add_node(num_cpus=1)
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture(autouse=True)
def no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.search.run.latency_tables_digest", lambda spec: {})


@pytest.fixture
def search(cluster: Cluster, tmp_path: Path) -> Search:
    return Search(cluster, tmp_path)


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    """Opened for a search of six networks."""
    with open_run(study_spec(budget={"trials": 6}), EVALUATOR, RunPlace(tmp_path)) as opened:
        yield opened
