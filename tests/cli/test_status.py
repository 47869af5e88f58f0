"""``modsearch status``: its JSON, its watch and its errors."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from modsearch.cli import run
from modsearch.search import Listener, LocalExecutor, RunPlace, WorkerState, open_run
from modsearch.search.execute.loop import Loop
from modsearch.search.store.worker_state import write_workers
from tests.cli.test_command import fails
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

pytestmark = pytest.mark.slow

KEYS = ("complete", "running", "failed", "pruned", "front", "hypervolume")
ROOT = Path(__file__).parents[2]
DRIVER = """
import sys
from pathlib import Path
from modsearch.search import LocalExecutor, RunPlace, open_run
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

class Waiting(TabulatedEvaluator):
    def train(self, *arguments):
        if len(self.trained) == 2:
            print("training", flush=True)
            sys.stdin.readline()
        return super().train(*arguments)

folder, evaluator = Path(sys.argv[1]), Waiting()
with open_run(study_spec(budget={"trials": 4}), evaluator, RunPlace(folder)) as study:
    LocalExecutor(study, evaluator, folder).run()
"""


@pytest.fixture
def study(tmp_path: Path) -> str:
    """A finished study of four networks."""
    evaluator = TabulatedEvaluator(fault="exception", fault_at=(2,))
    with open_run(study_spec(budget={"trials": 4}), evaluator, RunPlace(tmp_path / "run")) as opened:
        LocalExecutor(opened, evaluator, tmp_path / "run").run()
    return str(tmp_path / "run")


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A live search that waits in its third trial for a line."""
    command = [sys.executable, "-c", DRIVER, str(tmp_path / "live")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "training\n"
        yield process
        process.kill()


def test_json_has_numbers_under_these_keys(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", study, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(isinstance(found[key], int | float) for key in KEYS)
    assert (found["complete"], found["running"], found["failed"], found["is_driven"]) == (4, 0, 1, False)
    assert found["front"] == len(found["front_ids"]) >= 1
    assert found["hypervolume"] > 0
    assert found["first_design"] == 10  # more than were trained
    assert found["hypervolume_reference"][0] > 0.1  # better than chance
    assert found["failures"] == {"RuntimeError: the table has a hole": 1}


def test_the_table(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", study]) == 0
    text = capsys.readouterr().out
    assert "the budget is spent" in text
    assert "(provisional: its corner is fixed after 10 trained networks)" in " ".join(text.split())
    assert "1 x RuntimeError: the table has a hole" in text


def test_a_watch_of_a_search_that_has_ended_looks_once(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", study, "--watch", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_watch_ends_with_the_search(
    driver: subprocess.Popen[str],
    is_killed: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def end(_: float) -> None:
        """The driver ends between the first look and the second."""
        if is_killed:
            driver.kill()
            driver.wait()
        else:
            driver.communicate("go on\n")

    monkeypatch.setattr("modsearch.cli.status.time.sleep", end)
    assert run(["status", str(tmp_path / "live"), "--watch", "--json"]) == 0
    looks = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [look["is_driven"] for look in looks] == [True, False]
    assert [look["complete"] for look in looks] == [2, 2 if is_killed else 4]
    assert [look["running"] for look in looks] == [1, 1 if is_killed else 0]


def test_ctrl_c_leaves_a_watch_without_an_error(driver: subprocess.Popen[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "modsearch", "status", str(tmp_path / "live"), "--watch", "--json"]
    default = partial(signal.signal, signal.SIGINT, signal.default_int_handler)  # where the tests ignore Ctrl-C
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=default
    ) as viewer:
        assert viewer.stdout is not None
        assert json.loads(viewer.stdout.readline())["running"] == 1
        time.sleep(0.2)  # so that it waits for its next look
        viewer.send_signal(signal.SIGINT)
        _, errors = viewer.communicate(timeout=30)
    assert (viewer.returncode, errors) == (0, "")
    assert driver.poll() is None


def test_a_study_in_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, evaluator = f"sqlite:///{tmp_path / 'runs.db'}", TabulatedEvaluator()
    with open_run(study_spec(budget={"trials": 2}), evaluator, RunPlace(tmp_path / "run", url)) as opened:
        LocalExecutor(opened, evaluator, tmp_path / "run").run()
        assert run(["status", f"{url}#table", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["is_driven"] is True
    assert run(["status", f"{url}#table", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["complete"], found["is_driven"]) == (2, False)


def test_drivers_of_a_database_in_folders_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those on this machine are found by the folders that their trials name; of another machine's, the trial is."""
    url, spec = f"sqlite:///{tmp_path / 'runs.db'}", study_spec(budget={"trials": 4})
    with open_run(spec, TabulatedEvaluator(), RunPlace(tmp_path / "first", url)):
        pass

    def status() -> dict[str, Any]:
        assert run(["status", f"{url}#table", "--json"]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    with open_run(spec, TabulatedEvaluator(), RunPlace(tmp_path / "second", url)) as opened:
        loop = Loop(opened, tmp_path / "second", Listener())
        work = loop.next()
        assert work is not None
        write_workers(tmp_path / "second", {"host:1": WorkerState(doing="training", since=1e9, number=work.number)})
        found = status()
        assert (found["is_driven"], found["is_elsewhere"], list(found["workers"])) == (True, False, ["host:1"])
    (tmp_path / "second").rename(tmp_path / "gone")
    found = status()
    assert (found["is_driven"], found["is_elsewhere"], found["workers"]) == (False, True, {})
    assert run(["status", f"{url}#table"]) == 0
    assert "at work on another machine, or left by a search that died there" in capsys.readouterr().out


def test_bad_studies_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "digits").mkdir()
    assert "holds no study.journal" in fails(capsys, "status", str(tmp_path / "digits"), "--watch")
    assert "Did you mean 'digits'?" in fails(capsys, "status", str(tmp_path / "digit"), "--json")
    assert "URL#name" in fails(capsys, "status", "sqlite:///x.db")
    assert "Missing argument" in fails(capsys, "status")
