"""The Ray executor on a real cluster of several nodes: what it survives, and that nothing is lost or told twice."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache, partial
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ray.cluster_utils import Cluster
from rich.console import Console

from modsearch.architecture import Architecture
from modsearch.cli.search import run_executor
from modsearch.output import SearchDisplay
from modsearch.record import Trial
from modsearch.search import Context, Listener, RunPlace, Watch, WorkerState, load_study, open_run
from modsearch.search.execute.ray import RayExecutor
from modsearch.search.store.worker_state import WORKERS
from modsearch.space import Ray
from tests.conformance.tabulated import TabulatedEvaluator, study_spec
from tests.search.execute.ray.faulty import HELD, MEASURED, FaultyEvaluator, noted, untimed_spec, workers
from tests.search.execute.ray.search import Search, mailbox_pid, when

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(180),  # a cluster of processes starts slowly on a busy machine
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray's own files
]


def test_both_nodes_train_and_nothing_twice(search: Search) -> None:
    assert search.run(untimed_spec(), num_workers=2) == "trials"
    search.check(10)
    assert len(noted(search.folder)) == len(set(noted(search.folder))) == 10
    assert len(workers(search.folder)) == 2  # the actors stay
    assert search.lost == {}


def test_sigterm_does_in_a_search_on_ray_what_it_did_before(search: Search) -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        mine = signal.getsignal(signal.SIGTERM)
        search.run(untimed_spec(budget={"trials": 1}))
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


def test_who_watches_sees_the_workers(search: Search) -> None:
    """One worker is held at its first network until the other one is seen without any, at the latest when all are out.

    How long a worker is between two networks otherwise, beside how often its state is read, is chance.
    """
    (search.folder / "hold").touch()
    seen: list[dict[str, WorkerState]] = []

    @cache
    def watch() -> Watch:
        return Watch(load_study(str(search.run_folder)), search.run_folder)

    def is_one_between_networks() -> bool:
        if (search.run_folder / WORKERS).exists():
            seen.append(watch().workers())
        return bool(seen) and sorted(state.doing for state in seen[-1].values()) == ["training", "waiting"]

    watcher = when(is_one_between_networks, (search.folder / "release").touch)
    search.run(untimed_spec(), num_workers=2)
    watcher.join()
    search.check(10)
    assert {state.number for snapshot in seen for state in snapshot.values()} > {None}
    [held] = noted(search.folder, HELD)
    [number] = [trial.number for trial in search.study.trials() if trial.architecture and trial.architecture.id == held]
    assert {state.doing: state.number for state in seen[-1].values()} == {"training": number, "waiting": None}
    assert not (search.run_folder / WORKERS).exists()


def test_a_killed_worker_costs_one_training(
    search: Search, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("ray"), "handlers", [caplog.handler])
    (search.folder / "kill").touch()
    assert search.run(untimed_spec()) == "trials"
    search.check(10)
    assert len(noted(search.folder)) == 11
    [(reason, times)] = search.lost.items()
    assert times == 1
    assert reason.startswith("a worker died: ")
    assert not caplog.records  # Tune has a traceback for each


def test_a_killed_mailbox_costs_nothing(search: Search) -> None:
    killer = when(lambda: len(noted(search.folder)) >= 3, lambda: os.kill(mailbox_pid(search.cluster), signal.SIGKILL))
    assert search.run(untimed_spec()) == "trials"
    killer.join()
    search.check(10)
    assert len(noted(search.folder)) == 10
    assert search.lost == {}


def test_out_of_memory_fails_the_network_alone(search: Search) -> None:
    (search.folder / "memory").touch()
    assert search.run(untimed_spec()) == "trials"
    search.check(10, num_failed=1)
    [failed] = [trial for trial in load_study(str(search.run_folder)).trials() if trial.state == "failed"]
    assert failed.reason.startswith("OutOfMemory: ")
    assert "Give fidelity a smaller batch_size" in failed.reason


def test_a_disk_that_is_full_for_a_worker_costs_one_training(search: Search) -> None:
    (search.folder / "disk").touch()
    assert search.run(untimed_spec()) == "trials"
    search.check(10)
    [(reason, times)] = search.lost.items()
    assert times == 1
    assert reason.startswith("a worker failed: ")
    assert "'checkpoints/a' cannot be written: the disk is full (No space left on device)" in reason


def test_the_last_lines_name_what_failed_and_how_often(search: Search) -> None:
    """One search with four faults; a fifth one, of the storage, is in another test."""
    for fault in ("kill", "memory", "disk", "hang"):
        (search.folder / fault).touch()
    make = partial(FaultyEvaluator, folder=search.folder)
    spec = untimed_spec(budget={"trials": 10, "trial_hours": 2 / 3600})
    console = Console(file=StringIO(), width=500)
    with open_run(spec, TabulatedEvaluator(), RunPlace(search.run_folder)) as study:
        display = SearchDisplay(study.header, console)
        run_executor(
            RayExecutor(Context(study, make(), make, search.run_folder, display), search.settings), display, {}
        )
    search.check(10, num_failed=2)
    assert isinstance(console.file, StringIO)
    last = [line for line in console.file.getvalue().splitlines() if line.startswith("1 x ")]
    beginnings = (
        "1 x a network failed: OutOfMemory: ",
        "1 x a network failed: TrialTimeout: no result within 2 s",
        "1 x a worker died: The actor died unexpectedly",
        "1 x a worker failed: ",
    )
    assert len(last) == len(beginnings)
    for beginning in beginnings:
        assert any(line.startswith(beginning) for line in last), last


def test_ctrl_c_leaves_nothing_behind(search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = []

    class Interrupting(Listener):
        def on_end(self, trial: Trial) -> None:
            recorded.append(trial.number)
            raise KeyboardInterrupt

    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with pytest.raises(KeyboardInterrupt):
        search.run(untimed_spec(), Interrupting(), num_workers=2)
    assert not list(temporary.glob("modsearch-ray-*"))
    assert not (search.run_folder / "workers.json").exists()
    trials = search.study.trials()
    num_failed = len(trials) - len(recorded)
    assert len(recorded) in (1, 2)  # the one that broke off the search, and what the other worker had handed in
    assert [trial.number for trial in trials if trial.state == "complete"] == sorted(recorded)
    assert Counter(trial.state for trial in trials) == {"complete": len(recorded), "failed": num_failed}
    assert {trial.reason for trial in trials if trial.state == "failed"} == {"interrupted"}
    assert search.run(untimed_spec()) == "trials"
    search.check(10, num_failed=num_failed)


def test_a_hang_is_ended_by_the_time_limit(search: Search) -> None:
    (search.folder / "hang").touch()
    budget = {"trials": 6, "trial_hours": 2 / 3600}
    assert search.run(untimed_spec(budget=budget)) == "trials"
    search.check(6, num_failed=1)
    [failed] = [trial for trial in load_study(str(search.run_folder)).trials() if trial.state == "failed"]
    assert failed.reason.startswith("TrialTimeout: no result within ")


def test_a_node_that_dies_costs_its_training(cluster: Cluster, search: Search) -> None:
    node = cluster.add_node(num_cpus=1)
    killer = when(lambda: len(noted(search.folder)) >= 4, partial(cluster.remove_node, node, allow_graceful=False))
    assert search.run(untimed_spec(), num_workers=3) == "trials"
    killer.join()
    search.check(10)


def test_a_node_that_joins_gets_work(cluster: Cluster, search: Search) -> None:
    class Joining(Listener):
        """Adds a node when the second network is handed out; Ray wants that done in the main thread."""

        numbers: ClassVar[list[int]] = []
        node: Any = None

        def on_trial(self, number: int, architecture: Architecture) -> None:
            self.numbers.append(number)
            if len(self.numbers) == 2:
                self.node = cluster.add_node(num_cpus=1)

    joining = Joining()
    assert search.run(untimed_spec(), joining, num_workers=3) == "trials"  # two nodes would wait for ever
    search.check(10)
    cluster.remove_node(joining.node)


def test_timing_takes_turns_with_training(search: Search) -> None:
    assert search.run(study_spec(), num_workers=2) == "trials"
    search.check(10)
    assert len(noted(search.folder, MEASURED)) == len(set(noted(search.folder, MEASURED))) == 10
    assert {line.split()[1] for line in (search.folder / MEASURED).read_text().splitlines()} == {str(os.getpid())}


def test_a_probe_holds_a_node_of_its_own(cluster: Cluster, tmp_path: Path) -> None:
    node = cluster.add_node(num_cpus=1, resources={"probe": 1})
    search = Search(cluster, tmp_path, workers=2, probe={"cpus": 1, "resource": "probe"})
    assert search.run(study_spec(), num_workers=2) == "trials"
    search.check(10)
    probes = {line.split()[1] for line in (search.folder / MEASURED).read_text().splitlines()}
    assert len(probes) == 1
    assert not probes & (workers(search.folder) | {str(os.getpid())})
    cluster.remove_node(node)


def test_the_same_command_goes_on_after_a_killed_driver(search: Search) -> None:
    command = [sys.executable, "-m", "tests.search.execute.ray.driver", str(search.folder), "--address"]
    command.append(str(search.settings.address))
    with subprocess.Popen(command) as driver:
        when(lambda: len(noted(search.folder)) >= 5, driver.kill).join()
    trials = load_study(str(search.run_folder)).trials()
    before = [trial for trial in trials if trial.state == "complete"]
    num_at_hand = sum(trial.state == "running" for trial in trials)
    assert 1 <= len(before) < 10
    assert subprocess.run(command, check=False, timeout=50).returncode == 0
    search.check(10, num_failed=num_at_hand)
    begun = Counter(noted(search.folder))
    assert all(begun[trial.architecture.id] == 1 for trial in before if trial.architecture)
    assert sum(begun.values()) <= 10 + num_at_hand


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"address": "127.0.0.1:1"}, r"No Ray cluster can be reached at '127\.0\.0\.1:1': .*cluster/hosts start"),
        ({"address": "ray://head:10001"}, r"executor\.address must be auto or HOST:PORT\. Got 'ray://head:10001'"),
        ({"address": "head"}, r"executor\.address must be auto or HOST:PORT\. Got 'head' instead"),
    ],
)
def test_an_address_where_nobody_listens(settings: dict[str, Any], message: str, tmp_path: Path) -> None:
    with open_run(study_spec(), TabulatedEvaluator(), RunPlace(tmp_path)) as study:
        context = Context(study, TabulatedEvaluator(), TabulatedEvaluator, tmp_path)
        with pytest.raises(ValueError, match=message):
            RayExecutor(context, Ray(**settings)).run()


def test_more_than_any_node_has_is_said_at_once(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"executor\.gpus_per_trial must be at most 0, the most .* Got 2\.0 instead"):
        Search(cluster, tmp_path, gpus_per_trial=2).run(study_spec())
    with pytest.raises(ValueError, match=r"executor\.cpus_per_trial must be at most 1, the most .* Got 64\.0 instead"):
        Search(cluster, tmp_path, cpus_per_trial=64).run(study_spec())


def test_an_open_cluster_is_named(cluster: Cluster, search: Search) -> None:
    notes: list[str] = []

    class Noting(Listener):
        def on_note(self, text: str) -> None:
            notes.append(text)

    search.run(untimed_spec(budget={"trials": 1}), Noting())
    assert any("whoever reaches its ports can run anything as you" in note for note in notes)
