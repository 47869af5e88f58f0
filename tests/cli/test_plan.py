"""``modsearch plan``: its JSON and its errors."""

import json
from pathlib import Path

import pytest

from modsearch.cli import run
from tests.cli.test_command import fails, write
from tests.scoring.conftest import shorten


@pytest.fixture(autouse=True)
def short_timings(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch)
    monkeypatch.setattr("modsearch.scoring.trial_cost._TIMED_S", 0.001)


@pytest.mark.slow
def test_json_and_nothing_is_launched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    space = write(tmp_path / "space.yaml")
    assert run(["plan", space, "--device", "cpu", "--trials", "5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    # MoD blocks or none in each of three stages, and for those that have some two values of c
    assert (found["num_networks"], found["num_trials"]) == (1 + 7 * 2, 5)
    assert 0 < found["trial_s"]["least"] <= found["trial_s"]["usual"] <= found["trial_s"]["most"]
    assert found["total_s"]["most"] == pytest.approx(5 * found["trial_s"]["most"])
    assert found["images"]["train"] == 100
    assert [path.name for path in tmp_path.iterdir()] == ["space.yaml"]


@pytest.mark.slow
def test_a_budget_beyond_the_space_is_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", write(tmp_path / "space.yaml"), "--device", "cpu", "--trials", "500"]) == 0
    text = capsys.readouterr().out
    assert "15 networks (exactly)" in text
    assert "cheapest" in text


def test_errors_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    space = write(tmp_path / "space.yaml")
    assert "Did you mean 'digits_quickstart'?" in fails(capsys, "plan", "digit_quickstart")
    assert "device must be" in fails(capsys, "plan", space, "--device", "tpu")
    assert "nowhere" in fails(capsys, "plan", space, "--data", str(tmp_path / "nowhere"), "--device", "cpu")
    assert "--trials" in fails(capsys, "plan", space, "--trials", "0")

    def train(*_: object, **__: object) -> None:
        raise RuntimeError("no memory\nat all")

    monkeypatch.setattr("modsearch.scoring.LocalEvaluator.train", train)
    assert run(["plan", space, "--device", "cpu"]) == 1
    assert capsys.readouterr().err == "modsearch: A timed trial failed with RuntimeError: no memory at all\n"
