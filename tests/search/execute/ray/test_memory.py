"""A node whose memory runs out, and Ray, which kills a worker for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from ray._common.utils import get_system_memory
from ray._private.utils import get_used_memory
from ray.cluster_utils import Cluster

from tests.search.execute.ray.faulty import noted, untimed_spec
from tests.search.execute.ray.search import Search

pytestmark = [pytest.mark.ray, pytest.mark.timeout(180)]

_ROOM = 2_500_000_000  # bytes beside what is taken now, for a cluster and its workers


@pytest.fixture
def narrow() -> Iterator[Cluster]:
    """A cluster of one node, which is full a little above what it takes now."""
    full = (get_used_memory() + _ROOM) / get_system_memory()
    config = {"memory_usage_threshold": full, "memory_monitor_refresh_ms": 500}
    made = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False, "_system_config": config}
    )
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_worker_that_ray_kills_for_its_memory_costs_one_training(narrow: Cluster, tmp_path: Path) -> None:
    search = Search(narrow, tmp_path)
    (tmp_path / "glut").touch()
    assert search.run(untimed_spec(budget={"trials": 4})) == "trials"
    search.check(4)
    num_lost = sum(search.lost.values())
    assert num_lost in (1, 2)  # the memory of the first may not be free yet when Ray looks again
    assert len(noted(tmp_path)) <= 4 + num_lost
    assert all("memory" in reason for reason in search.lost)
