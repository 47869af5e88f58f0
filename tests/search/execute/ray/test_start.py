"""Workers that do not start are talked about, again where something changes."""

import sys
import time
from pathlib import Path
from typing import Any

import pytest
import ray

from modsearch.machine import num_cpus
from modsearch.search import SearchFailed
from modsearch.search.execute.ray import cluster, connect
from modsearch.search.execute.ray.start import StartWatch
from modsearch.space import Ray

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(180),  # a cluster of processes starts slowly on a busy machine
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray's own files
]


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What the cluster has free of its two CPUs and its GPU."""
    free = {"CPU": 2.0, "GPU": 1.0}
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 2.0, "GPU": 1.0})
    monkeypatch.setattr(ray, "available_resources", lambda: free)
    return free


def test_what_does_not_start_for_a_minute_is_said_once_and_again_as_it_changes(
    monkeypatch: pytest.MonkeyPatch, free: dict[str, float]
) -> None:
    clock, notes = Clock(monkeypatch), list[str]()
    watch = StartWatch({"CPU": 1, "GPU": 0}, notes.append)
    watch.look({"a"})
    clock.now += 59
    watch.look({"a", "b"})
    assert notes == []
    clock.now += 1
    watch.look({"a", "b"})
    assert notes == [
        "No worker has started for 60 s. Each takes {'CPU': 1}; the cluster has 2 of 2 CPU free. Why is in Ray's logs, "
        "session_latest/logs in the temporary folder of each node. 1 wait for one."
    ]
    clock.now += 60
    free["CPU"] = 0.0
    watch.look({"a", "b"})
    assert "the cluster has 0 of 2 CPU free" in notes[1]
    assert notes[1].endswith(" 2 wait for one.")
    clock.now += 600
    watch.look({"a", "b"})
    assert len(notes) == 2


def test_who_starts_in_time_is_not_talked_about(monkeypatch: pytest.MonkeyPatch, free: dict[str, float]) -> None:
    clock, notes = Clock(monkeypatch), list[str]()
    watch = StartWatch({"CPU": 1}, notes.append)
    for number in range(10):
        watch.look({f"network {number}"})
        clock.now += 50
    watch.look(set())
    assert notes == []


def test_an_environment_whose_path_a_shell_takes_apart_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("/home/a user/venv/bin/python", "/opt/$x/python", "/opt/a(1)/python", "/it's/python"):
        monkeypatch.setattr(sys, "executable", path)
        with pytest.raises(ValueError, match=r"^Ray can start no worker with the Python of this environment, .*shell"):
            connect(Ray())
    assert not ray.is_initialized()


def test_a_temporary_path_that_is_too_long_for_sockets_gives_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / ("x" * 100)))
    with pytest.raises(ValueError, match=r"too long for its sockets: set RAY_TMPDIR to a short one, such as /tmp\. \("):
        connect(Ray())


def test_a_machine_too_busy_to_start_ray_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_: Any) -> None:
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(SearchFailed, match=r"^Ray did not start: Exception: The current node timed out .* tries again"):
        connect(Ray())


def test_a_worker_of_this_machine_looks_for_no_module_in_the_folder_of_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("profile", "random", "torch"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('a file of the user')")
    connect(Ray())
    try:
        assert ray.cluster_resources()["CPU"] == num_cpus()
        found: dict[str, Any] = ray.get(ray.remote(look_around).remote())
    finally:
        ray.shutdown()
    assert str(tmp_path) not in found["path"]
    assert found["profile"] is not None
    assert Path(found["profile"]).parent != tmp_path


def look_around() -> dict[str, Any]:
    import profile

    return {"path": sys.path, "profile": profile.__file__}


def test_a_cluster_has_the_cpus_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(cluster, "num_cpus", lambda: 3)
    monkeypatch.setattr(ray, "init", lambda **options: asked.update(options))
    monkeypatch.setattr(cluster, "_nodes", lambda: [{"Resources": {"CPU": 3}}])
    connect(Ray())
    assert asked["num_cpus"] == 3
