"""Several drivers of one study, on one cluster or beside it."""

import subprocess
import sys
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from modsearch.search import load_study
from tests.integration.test_postgres import check_record
from tests.search.execute.ray.faulty import noted

ROOT = Path(__file__).parents[4]
BUDGET = 16

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray's own files
]


def start(folder: Path, name: str, url: str, *options: str) -> subprocess.Popen[str]:
    common = ["--run-name", name, "--storage", url, "--trials", str(BUDGET)]
    command = [sys.executable, "-m", "tests.search.execute.ray.driver", str(folder), *common, *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and what it said on stderr."""
    _, errors = process.communicate(timeout=150)
    return process.returncode, errors


def check(url: str, folder: Path, names: set[str]) -> None:
    """The budget to the network, none trained twice, and each driver has had a share."""
    trained = noted(folder)
    assert len(trained) == len(set(trained)) == BUDGET
    study = load_study(f"{url}#table")
    check_record(study, BUDGET)
    told = [trial.number for trial in study.trials() if trial.state == "complete" and not trial.is_repeat]
    folders = study.folders()
    assert {folders[number].name for number in told} == names


def test_two_on_one_cluster(cluster: Cluster, url: str, tmp_path: Path) -> None:
    options = ("--address", cluster.address, "--workers", "1")
    ends = [end(driver) for driver in [start(tmp_path, name, url, *options) for name in ("a", "b")]]
    assert ends == [(0, "")] * 2
    check(url, tmp_path, {"a", "b"})


def test_one_on_a_cluster_and_one_beside_it(cluster: Cluster, url: str, tmp_path: Path) -> None:
    drivers = [start(tmp_path, "ray", url, "--address", cluster.address), start(tmp_path, "local", url)]
    assert [end(driver) for driver in drivers] == [(0, "")] * 2
    check(url, tmp_path, {"ray", "local"})


def test_who_waits_for_another_driver_holds_no_worker(url: str, tmp_path: Path) -> None:
    """One slot for two: the one that has it ends its last network and waits for what the other one has begun."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        drivers = [start(tmp_path, name, url, "--address", made.address) for name in ("a", "b")]
        assert [end(driver) for driver in drivers] == [(0, "")] * 2
    finally:
        made.shutdown()
    check(url, tmp_path, {"a", "b"})
