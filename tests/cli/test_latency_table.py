"""``modsearch latency-table``, and a search that uses its file."""

import json
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.record import read_latency_table
from tests.cli.test_command import TINY, fails, write
from tests.scoring.latency_table.additive import Adder, install

TWO = {
    "cpu": {"image_size": 8, "num_classes": 10, "batch_size": 2},
    "single": {"image_size": 8, "num_classes": 10},
}


@pytest.fixture
def adder(monkeypatch: pytest.MonkeyPatch) -> Adder:
    return install(monkeypatch)


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return write(tmp_path / "space.yaml")


@pytest.mark.slow
def test_a_table_and_a_search_with_it(
    adder: Adder, space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["latency-table", space]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "mod, k 4, num_hidden 8" in text
    assert "21 networks were timed, 14 of them drawn at random" in text  # the space has no more
    assert f"modsearch search {space} --latency-table tiny-cpu.latency.json" in text
    table = read_latency_table(tmp_path / "tiny-cpu.latency.json")
    assert len(table.costs) == 1 + 3 * 3  # a frame, and in three stages MoD blocks of two c, and runs of them
    num_calls = len(adder.calls)
    study = "runs/a $tiny"
    search = ["search", space, "--device", "cpu", "--out", study]
    assert run([*search, "--latency-table", "tiny-cpu.latency.json"]) == 0
    text = capsys.readouterr().out
    assert "See more: modsearch front 'runs/a $tiny' --plot front.html\n" in text
    assert "latencies are predicted, nothing is timed" in text
    assert "predicted_relative_latency" in text
    assert len(adder.calls) == num_calls
    assert run(["front", study, "--json"]) == 0
    assert "predicted_relative_latency" in capsys.readouterr().out
    # with measured latencies it would be another study
    assert run(search) == 2
    assert "was started with another objectives" in capsys.readouterr().err


def test_json_and_the_file(adder: Adder, space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["latency-table", space, "--out", "t.json", "--networks", "20", "--seconds", "3", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == json.loads((tmp_path / "t.json").read_text())
    assert json.loads(captured.out)["protocol"]["seconds"] == 3
    assert captured.err == ""
    (tmp_path / "t.json").rename(tmp_path / "a table.json")
    assert run(["latency-table", space, "--out", "a table.json", "--networks", "20"]) == 0
    assert capsys.readouterr().out.endswith(f"Use it: modsearch search {space} --latency-table 'a table.json'\n")


def test_an_interrupt_keeps_what_is_timed(
    adder: Adder, space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adder.interrupt_at = 1
    assert run(["latency-table", space, "--out", "t.json"]) == 130
    assert capsys.readouterr().err == "modsearch: Interrupted. The same command goes on.\n"
    assert len(read_latency_table(tmp_path / "t.json").networks) == 6
    assert "t.json is not complete" in fails(capsys, "search", space, "--device", "cpu", "--latency-table", "t.json")


def test_several_deployments(adder: Adder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "t.json")
    objectives = ["accuracy", "relative_latency@single"]
    space = write(tmp_path / "space.yaml", deployments=TWO, objectives=objectives)
    assert "--deployment must be given: one of cpu, single" in fails(capsys, "latency-table", space)
    assert "Did you mean 'single'?" in fails(capsys, "latency-table", space, "--deployment", "singel")
    assert run(["latency-table", space, "--deployment", "single", "--out", path]) == 0
    assert {deployment.batch_size for deployment in adder.deployments} == {1}
    capsys.readouterr()
    search = ("search", space, "--device", "cpu", "--out", str(tmp_path / "run"), "--latency-table")
    assert "must be DEPLOYMENT=FILE, one of cpu, single" in fails(capsys, *search, path)
    assert "Did you mean 'single'?" in fails(capsys, *search, f"singel={path}")
    assert "t.json is a table of batch_size 1, and this deployment is batch_size 2" in fails(
        capsys, *search, f"cpu={path}"
    )


def test_bad_input_is_one_line(adder: Adder, space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Did you mean 'digits_quickstart'?" in fails(capsys, "latency-table", "digit_quickstart")
    assert "There is no folder 'no'" in fails(capsys, "latency-table", space, "--out", "no/t.json")
    assert "--networks" in fails(capsys, "latency-table", space, "--networks", "1")
    (tmp_path / "t.json").write_text("{")
    assert "'t.json' cannot be read" in fails(capsys, "latency-table", space, "--out", "t.json")
    search = ("search", space, "--device", "cpu", "--latency-table")
    assert f"{str(tmp_path / 't.json')!r} cannot be read" in fails(capsys, *search, "t.json")
    assert f"There is no latency table {str(tmp_path / 'no.json')!r}" in fails(capsys, *search, "no.json")
    assert run(["latency-table", space, "--out", "good.json"]) == 0
    capsys.readouterr()
    other = write(tmp_path / "other.yaml", name="other", space=TINY["space"] | {"c": [2]})  # type: ignore[operator]
    said = fails(capsys, "search", other, "--device", "cpu", "--latency-table", "good.json")
    assert "good.json is a table of the space of tiny (" in said
    assert "this is the space of other (" in said
    predicted = write(tmp_path / "predicted.yaml", objectives=["accuracy", "predicted_relative_latency"])
    assert "--latency-table must name its table" in fails(capsys, "search", predicted, "--device", "cpu")


def test_a_failure_of_the_timer(
    space: str, adder: Adder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def time_networks(*_: object) -> None:
        raise RuntimeError("no memory\nat all")

    monkeypatch.setattr("modsearch.scoring.latency_table.measure.time_networks", time_networks)
    assert run(["latency-table", space]) == 1
    assert capsys.readouterr().err == "modsearch: Timing failed with RuntimeError: no memory at all\n"
