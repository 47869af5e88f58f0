"""What must fit into a cluster; its nodes are made up."""

from typing import Any

import pytest

from modsearch.search.execute.executor import ray_settings
from modsearch.search.execute.ray import cluster
from modsearch.space import Probe, Ray
from tests.conformance.tabulated import study_spec
from tests.search.execute.ray.faulty import untimed_spec

pytestmark = pytest.mark.ray

PROBE = Probe(cpus=2, resource="probe")


def test_a_probe_takes_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [{"Resources": {"CPU": 4}}, {"Resources": {"CPU": 4, "probe": 1}}]
    monkeypatch.setattr(cluster, "_nodes", lambda: nodes)
    assert cluster.num_slots(Ray(cpus_per_trial=1)) == 8
    assert cluster.num_slots(Ray(cpus_per_trial=1, probe=PROBE)) == 6
    assert cluster.num_slots(Ray(cpus_per_trial=1, probe=PROBE, workers=3)) == 3


def check(monkeypatch: pytest.MonkeyPatch, *nodes: dict[str, float], **settings: Any) -> None:
    monkeypatch.setattr(cluster, "_nodes", lambda: [{"Resources": node} for node in nodes])
    cluster.check_fit(Ray(**{"cpus_per_trial": 2, "probe": PROBE} | settings))


def test_a_probe_and_a_trial_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    check(monkeypatch, {"CPU": 2}, {"CPU": 2, "probe": 1})
    check(monkeypatch, {"CPU": 4, "probe": 1})
    check(monkeypatch, {"CPU": 2, "GPU": 1}, {"CPU": 1, "GPU": 1}, gpus_per_trial=0.5, probe=Probe(gpus=1))


def test_a_probe_that_no_node_can_hold_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for nodes in ([{"CPU": 8}], [{"CPU": 8}, {"CPU": 1, "probe": 1}]):
        with pytest.raises(ValueError, match=r"executor\.probe must be what one node of the cluster has\. Got .*probe"):
            check(monkeypatch, *nodes)
    with pytest.raises(ValueError, match=r"executor\.probe must be what one node"):
        check(monkeypatch, {"CPU": 8}, probe=Probe(gpus=1))


def test_a_probe_that_leaves_no_room_for_a_trial_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"executor\.probe must be such that a trial, .*, fits beside it"):
        check(monkeypatch, {"CPU": 3, "probe": 1})


def test_a_probe_is_not_asked_for_where_nothing_is_timed() -> None:
    executor = Ray(probe=PROBE)
    assert ray_settings(study_spec(executor=executor)).probe == PROBE
    assert ray_settings(untimed_spec(executor=executor)).probe == "turns"
