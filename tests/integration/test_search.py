"""The whole way on the embedded images: search, front, figures, published, describe, interrupt and resume."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.search import load_study
from tests.cli.test_command import TINY, write
from tests.scoring.conftest import shorten

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True, scope="module")
def short_samples() -> Iterator[None]:
    """In this process; the search that is interrupted has processes of its own, and those fresh ones."""
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        yield


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A finished run of two networks."""
    folder = tmp_path_factory.mktemp("run")
    space = write(folder / "space.yaml")
    assert run(["search", space, "--out", str(folder / "tiny"), "--device", "cpu"]) == 0
    return str(folder / "tiny")


def test_front_as_json(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["front", study, "--json"]) == 0
    members = json.loads(capsys.readouterr().out)["networks"]
    assert 1 <= len(members) <= 2
    for member in members:
        assert set(member) >= {"id", "architecture", "description", "published", "scores"}
        assert set(member["scores"]) == {
            *("accuracy", "relative_latency", "latency_ms", "latency_p90_ms", "peak_memory_mb", "gmacs", "params")
        }
        for score in member["scores"].values():
            assert score["low"] <= score["value"] <= score["high"]
            assert score["unit"]


def test_front_as_table_and_figures(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plots = [tmp_path / f"front.{suffix}" for suffix in ("html", "png", "svg")]
    assert run(["front", study, *(word for path in plots for word in ("--plot", str(path)))]) == 0
    assert "tiny" in capsys.readouterr().out
    assert plots[1].read_bytes().startswith(b"\x89PNG")
    for path in (plots[0], plots[2]):
        assert "relative" in path.read_text(encoding="utf-8").lower()


def test_published_and_describe_of_a_study(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["published", study]) == 0
    assert "more are not in the space" in capsys.readouterr().out
    run(["front", study, "--json"])
    member = json.loads(capsys.readouterr().out)["networks"][0]
    assert run(["describe", study, "--id", member["id"], "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["params"] == member["scores"]["params"]["value"]
    assert described["gmacs"] == pytest.approx(member["scores"]["gmacs"]["value"])
    assert run(["describe", study, "--json"]) == 0  # without a choice it is the most accurate one
    assert json.loads(capsys.readouterr().out)["id"] in {trial.architecture.id for trial in load_study(study).trials()}


def test_the_same_command_trains_nothing_again(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    space = write(Path(study).parent / "space.yaml")
    weights = {path: path.stat().st_mtime_ns for path in Path(study, "weights").iterdir()}
    assert len(weights) == 2
    assert run(["search", space, "--out", study, "--device", "cpu"]) == 0
    assert "going on after 2 trained networks" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in Path(study, "weights").iterdir()} == weights


def test_another_seed_is_refused(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    space = write(Path(study).parent / "space.yaml")
    assert run(["search", space, "--out", study, "--device", "cpu", "--seed", "1"]) == 2
    assert "another seed" in capsys.readouterr().err


def test_two_objectives_of_two_deployments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = {name: TINY["deployments"]["cpu"] | {"batch_size": size} for name, size in (("one", 1), ("four", 4))}
    objectives = ["accuracy", "relative_latency@one", "gmacs@four"]
    space = write(tmp_path / "space.yaml", deployments=places, objectives=objectives, budget={"trials": 1})
    assert run(["search", space, "--out", str(tmp_path / "run"), "--device", "cpu"]) == 0
    capsys.readouterr()
    assert run(["front", str(tmp_path / "run"), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["networks"][0]["scores"]
    assert {"latency_ms@one", "latency_ms@four", "gmacs@one", "params"} <= set(scores)


def test_interrupt_then_the_same_command(tmp_path: Path) -> None:
    fidelity = TINY["fidelity"] | {"epochs": 40, "images_per_class": 100}
    timing = {"processes": 1, "seconds": 0}
    space = write(tmp_path / "long.yaml", fidelity=fidelity, budget={"trials": 1}, timing=timing)
    command = [sys.executable, "-m", "modsearch", "search", space, "--out", str(tmp_path / "run"), "--device", "cpu"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # where the tests themselves ignore Ctrl-C
    )
    wait_for_training(process, tmp_path / "run" / "study.journal")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert errors.splitlines() == ["modsearch: Interrupted. The same command goes on."]

    subprocess.run(command, check=True, capture_output=True, timeout=120)
    first, second = load_study(str(tmp_path / "run")).trials()
    assert (first.state, first.reason, second.state) == ("failed", "interrupted", "complete")
    assert first.architecture == second.architecture


def wait_for_training(process: subprocess.Popen[str], journal: Path) -> None:
    """Until the first network was measured, and so is being trained."""
    deadline = time.monotonic() + 120
    while not (journal.is_file() and '"score"' in journal.read_text()):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.1)


def test_a_search_that_cannot_work_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def train(*_: object, **__: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr("modsearch.scoring.LocalEvaluator.train", train)
    space = write(tmp_path / "space.yaml", space=TINY["space"] | {"c_per": "stage"})
    assert run(["search", space, "--out", str(tmp_path / "run"), "--device", "cpu"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("modsearch: No network can be trained, neither ")
    assert "RuntimeError: no memory. No network is recorded as failed" in line
