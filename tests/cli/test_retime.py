"""``modsearch retime``, ``probe`` and ``front --deployment`` on a tabulated study; their errors are one line."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from modsearch import scoring
from modsearch.architecture import Architecture
from modsearch.cli import run
from modsearch.record import Score
from modsearch.search import RunPlace, load_study, open_run, read_remeasurements
from tests.cli.test_command import fails
from tests.conformance.remeasured import (
    ELSEWHERE,
    measure_at,
    measure_beside,
    predicted,  # noqa: F401
    remeasured_cost,
    remeasurement,
    search,
    search_by_prediction,
)
from tests.conformance.tabulated import ENVIRONMENT, TabulatedEvaluator, study_spec

ROOT = Path(__file__).parents[2]
PROBE = """
from modsearch import scoring
from modsearch.cli import main
from tests.conformance.remeasured import measure_beside
scoring.measure_beside = measure_beside
main()
"""
REFERENCE = study_spec().reference_architecture.id


@pytest.fixture(autouse=True)
def timed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The networks that were timed, by a table."""
    found: list[str] = []

    def measure(architecture: Architecture, *rest: Any) -> Score:
        found.append(architecture.id)
        return measure_beside(architecture, *rest)

    monkeypatch.setattr(scoring, "measure_beside", measure)
    monkeypatch.setattr(scoring, "measure_at", measure_at)
    return found


@pytest.fixture
def study(tmp_path: Path) -> str:
    return search(tmp_path / "run")


def scored(study: str) -> dict[str, Architecture]:
    trials = [trial for trial in load_study(study).trials() if trial.state == "complete" and not trial.is_repeat]
    return {trial.architecture.id: trial.architecture for trial in trials if trial.architecture}


def report(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert run([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_a_front_elsewhere(study: str, timed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Here MoD blocks are cheap, so all five networks are on the front; elsewhere a plain one dominates some."""
    found = report(capsys, "retime", study, "--batch-size", "16")
    assert timed == [*(member["id"] for member in report_front(study, capsys)), REFERENCE]
    assert (found["place"], found["num_scored"], found["num_timed"], found["enter"]) == ("cpu-b16", 5, 5, [])
    assert set(found["stay"]) | set(found["leave"]) == set(scored(study))
    assert found["leave"]
    assert found["environment"]["device"] == "Table B"
    assert found["self_check"]["value"] == pytest.approx(0.9)  # nine standard blocks of ten
    values = {network["id"]: network["now"]["value"] for network in found["networks"]}
    assert values == {
        key: pytest.approx(remeasured_cost(architecture) / 10) for key, architecture in scored(study).items()
    }
    assert run(["retime", study, "--batch-size", "16"]) == 0  # a second time nothing is left to time
    assert len(timed) == 6
    assert found["summary"][:40] in " ".join(capsys.readouterr().out.split())
    members = report_front(study, capsys, "--deployment", "cpu-b16")
    assert [member["id"] for member in members] == found["stay"]
    assert "relative_latency@cpu-b16" in members[0]["scores"]


def report_front(study: str, capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert run(["front", study, "--json", *words]) == 0
    found = json.loads(capsys.readouterr().out)["networks"]
    assert isinstance(found, list)
    return found


def test_tables_and_figures(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["retime", study, "--threads", "2", "--name", "two"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "the front at two" in text
    assert "leave" in text
    assert run(["front", study, "--deployment", "two", "--plot", str(tmp_path / "two.svg")]) == 0
    capsys.readouterr()
    assert "on two" in (tmp_path / "two.svg").read_text()
    assert "one of two. Got 'tow' instead. Did you mean 'two'?" in fails(capsys, "front", study, "--deployment", "tow")


def test_an_interrupt_keeps_what_is_there(
    study: str, monkeypatch: pytest.MonkeyPatch, timed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    table = scoring.measure_beside

    def interrupt(architecture: Architecture, *rest: Any) -> Score:
        if len(timed) == 2:
            raise KeyboardInterrupt
        return table(architecture, *rest)

    monkeypatch.setattr(scoring, "measure_beside", interrupt)
    assert run(["retime", study, "--batch-size", "16"]) == 130
    assert capsys.readouterr().err == "modsearch: Interrupted. The same command goes on.\n"
    assert len(read_remeasurements(load_study(study))) == 2
    monkeypatch.setattr(scoring, "measure_beside", table)
    assert run(["retime", study, "--batch-size", "16"]) == 0
    assert len(set(timed)) == len(timed) == 6


def test_too_little_memory_for_one(
    study: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    worst = max(scored(study).values(), key=remeasured_cost)
    table = scoring.measure_beside

    def fail(architecture: Architecture, *rest: Any) -> Score:
        if architecture == worst:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return table(architecture, *rest)

    monkeypatch.setattr(scoring, "measure_beside", fail)
    assert run(["retime", study, "--batch-size", "16", "--json"]) == 1
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["num_timed"], [failure["architecture_id"] for failure in found["failed"]]) == (4, [worst.id])
    assert said.err.startswith(f"modsearch: 1 network could not be timed ({worst.id})")
    assert "Give a smaller --batch-size" in said.err


def test_the_front_alone(study: str, timed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    members = [member["id"] for member in report_front(study, capsys)]
    report(capsys, "retime", study, "--batch-size", "16", "--front-only")
    assert timed == members


def test_another_machine_by_file(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job, results = tmp_path / "job.json", tmp_path / "results.json"
    assert run(["retime", study, "--batch-size", "16", "--networks", str(job)]) == 0
    assert run(["probe", str(job), "--out", str(results)]) == 0
    assert len(results.read_text().splitlines()) == 6
    assert run(["probe", str(job), "--out", str(results)]) == 0
    assert len(results.read_text().splitlines()) == 6  # nothing is timed again
    capsys.readouterr()
    assert report(capsys, "retime", study, "--from", str(results))["num_timed"] == 5
    other = results.read_text().replace("Table B", "Table C")
    results.write_text(other)
    text = fails(capsys, "retime", study, "--from", str(results))
    assert "Table B" in text
    assert "Table C" in text
    found = report(capsys, "retime", study, "--from", str(results), "--name", "there")
    assert (found["place"], found["environment"]["device"]) == ("there", "Table C")
    timed_there = read_remeasurements(load_study(study), "there")[0].score.timed
    assert list(timed_there) == ["there"]


def test_results_that_are_not_what_was_asked_for(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.json"
    ours = next(iter(scored(study).values()))
    stranger = study_spec().space.costliest()
    path.write_text(remeasurement(ours).model_dump_json() + "\n" + remeasurement(stranger).model_dump_json() + "\n")
    assert run(["retime", study, "--from", str(path), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["unknown"] == [stranger.id]
    assert said.err == f"1 of the networks are not the study's and were left out: {stranger.id}\n"
    assert [result.architecture_id for result in read_remeasurements(load_study(study))] == [ours.id]
    text = fails(capsys, "retime", study, "--from", str(path), "--batch-size", "8")
    assert "deployment must be batch_size 8, as asked for. Got 'batch_size 16' instead" in text
    path.write_text(remeasurement(ours, reference="resnet18_cifar").model_dump_json())
    assert "reference must be 'resnet20_cifar'" in fails(capsys, "retime", study, "--from", str(path))
    path.write_text(remeasurement(stranger, place="new").model_dump_json())
    assert "Nothing was read about a network of" in fails(capsys, "retime", study, "--from", str(path))
    path.write_text("")
    assert "Nothing was read" in fails(capsys, "retime", study, "--from", str(path))
    path.write_bytes(b"\xff\xfe{")
    assert "results.json: line 1 must be valid JSON" in fails(capsys, "retime", study, "--from", str(path))


@pytest.mark.slow
def test_another_machine_over_ssh(
    study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    (tmp_path / "ssh").write_text('#!/bin/sh\nfor command; do :; done\nexec sh -c "$command"\n')
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    words = ("--batch-size", "16", "--remote-command", f"{sys.executable} {tmp_path / 'probe.py'}")
    found = report(capsys, "retime", study, "--host", "me@rig.example", *words)
    assert (found["place"], found["num_timed"]) == ("rig-example-cpu-b16", 5)
    assert found["environment"]["device"] == ELSEWHERE.device


def test_a_list_of_networks(study: str, tmp_path: Path, timed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["front", study, "--json"]) == 0
    (tmp_path / "front.json").write_text(capsys.readouterr().out)
    words = ["probe", str(tmp_path / "front.json"), "--reference", "resnet20_cifar"]
    assert run([*words, "--batch-size", "16", "--name", "mine"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [result["architecture_id"] for result in lines] == timed
    assert lines[0]["deployment"]["image_size"] == 32
    (tmp_path / "results.json").write_text("".join(json.dumps(result) + "\n" for result in lines))
    assert report(capsys, "retime", study, "--from", str(tmp_path / "results.json"))["base"] == "cpu"


def test_probe_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "job.json"
    assert "There is no file" in fails(capsys, "probe", str(path))
    path.write_text("[]")
    assert "holds no network" in fails(capsys, "probe", str(path))
    path.write_text(json.dumps([study_spec().reference_architecture.model_dump(mode="json")]))
    assert "--reference must be given" in fails(capsys, "probe", str(path))
    words = ("probe", str(path), "--reference")
    assert "Did you mean 'resnet20_cifar'" in fails(capsys, *words, "resnet20_cifer")
    assert "deployment.runtime must be one of" in fails(capsys, *words, "resnet20_cifar", "--runtime", "tensorrt")
    out = tmp_path / "mine.txt"
    out.write_text("precious")
    assert "was not written by modsearch probe" in fails(capsys, *words, "resnet20_cifar", "--out", str(out))
    assert out.read_text() == "precious"


@pytest.mark.slow
def test_retime_errors_are_one_line(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Say what changes" in fails(capsys, "retime", study)
    assert "Did you mean 'cpu'?" in fails(capsys, "retime", study, "--batch-size", "2", "--deployment", "cpuu")
    assert "--name must be another name" in fails(capsys, "retime", study, "--batch-size", "2", "--name", "cpu")
    assert "place must be" in fails(capsys, "retime", study, "--batch-size", "2", "--name", "../x")
    assert "deployment.device must be" in fails(capsys, "retime", study, "--runtime", "cuda_graph")
    assert "--from must be given without --host" in fails(capsys, "retime", study, "--host", "a", "--from", "b")
    assert "needs --host" in fails(capsys, "retime", study, "--remote-command", "a")
    assert "There is no file" in fails(capsys, "retime", study, "--from", str(tmp_path / "none"))
    assert "There is no folder" in fails(capsys, "retime", f"{study}x", "--batch-size", "2")
    report(capsys, "retime", study, "--batch-size", "16")
    text = fails(capsys, "retime", study, "--batch-size", "32", "--name", "cpu-b16")
    assert "'cpu-b16' is batch_size 16. Got 'batch_size 32' instead" in text
    with open_run(study_spec(name="none"), TabulatedEvaluator(), RunPlace(tmp_path / "none")):
        pass
    assert "scored no network yet" in fails(capsys, "retime", str(tmp_path / "none"), "--batch-size", "2")


def test_a_runtime_that_is_not_installed(
    study: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> Score:
        raise ValueError("deployment.runtime must be installed: pip install 'modsearch[openvino]'.")

    monkeypatch.setattr(scoring, "measure_beside", refuse)
    assert "modsearch[openvino]" in fails(capsys, "retime", study, "--runtime", "openvino")
    assert read_remeasurements(load_study(study)) == []


@pytest.mark.usefixtures("predicted")
def test_a_study_that_went_by_predictions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = search_by_prediction(tmp_path)
    assert run(["front", study, "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["networks"] == []
    assert "5 more networks are only predicted to belong here; modsearch retime STUDY measures" in said.err
    assert run(["status", study]) == 0
    assert "5 more to be measured" in " ".join(capsys.readouterr().out.split())
    assert run(["retime", study]) == 0
    capsys.readouterr()
    members = report_front(study, capsys)
    assert 1 <= len(members) < 5
    for member in members:
        value = remeasured_cost(Architecture.model_validate(member["architecture"])) / 10
        assert member["scores"]["relative_latency"]["value"] == pytest.approx(value)
    assert {
        result.score.metrics["relative_latency"].environment for result in read_remeasurements(load_study(study))
    } == {ENVIRONMENT}
    found = report(capsys, "status", study)
    assert (found["awaiting"], sorted(found["front_ids"])) == (0, sorted(member["id"] for member in members))
    assert run(["published", study]) == 0
    capsys.readouterr()
    assert report(capsys, "retime", study, "--batch-size", "16")["num_timed"] == 5
