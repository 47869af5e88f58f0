"""``modsearch status`` on a study that is being searched, and on one that is not."""

import json
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.search import LocalExecutor, RunPlace, has_driver, open_run
from tests.conformance.tabulated import TabulatedEvaluator, study_spec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    evaluator = TabulatedEvaluator(fault="exception", fault_at=(2,))
    with open_run(study_spec(budget={"trials": 3}), evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
    return tmp_path


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["complete"], found["running"], found["failed"], found["is_driven"]) == (3, 0, 1, False)
    assert found["failures"] == {"RuntimeError: the table has a hole": 1}


def test_watching_ends_with_the_search(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, evaluator = study_spec(budget={"trials": 4}), TabulatedEvaluator()
    opened = open_run(spec, evaluator, RunPlace(folder))
    study = opened.__enter__()
    assert has_driver(folder)

    def work(_seconds: float) -> None:
        LocalExecutor(study, evaluator, folder).run()
        opened.__exit__(None, None, None)

    monkeypatch.setattr("modsearch.cli.status.time.sleep", work)
    assert run(["status", str(folder), "--watch", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["complete"], each["is_driven"]) for each in found] == [(3, True), (4, False)]


def test_a_table_of_a_finished_study(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", str(folder)]) == 0
    assert "the budget is spent" in capsys.readouterr().out
    assert run(["status", str(folder), "--watch"]) == 0


def test_no_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", str(tmp_path / "nothing")]) == 2
    assert "There is no folder" in capsys.readouterr().err
    assert not has_driver(tmp_path)
