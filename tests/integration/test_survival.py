"""What a search survives: real processes, killed for real, and real errors of the kernel."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.record import Trial
from modsearch.search import load_study

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BUDGET = 6
ENTRIES = {"a parameter": 5, "its score": 17, "its end": 19}
"""Which entry of a trial is which, counted from 1: creation, 12 parameters, network, 2 scores, seconds, end."""
ENTRIES_A_TRIAL = 19


def start(folder: Path | str, fault: str = "none", at: int = 0, budget: int = BUDGET) -> subprocess.Popen[str]:
    """``folder`` may be a database, ``URL#table``, in the folder that is to be the run's."""
    url, is_database, _ = str(folder).partition("#")
    options = ["--fault", fault, "--at", str(at)]
    if is_database:
        folder, options = Path(url.partition("://")[2]).parent, [*options, "--storage", url]
    command = [sys.executable, "-m", "tests.integration.driver", str(folder), str(budget), *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def search(folder: Path | str, fault: str = "none", at: int = 0, budget: int = BUDGET) -> tuple[int, list[str], str]:
    """Exit code, the networks that it began to train, and what it said on stderr."""
    process = start(folder, fault, at, budget)
    out, errors = process.communicate(timeout=50)
    return process.returncode, [line.removeprefix("train ") for line in out.splitlines()], errors


def await_training(process: subprocess.Popen[str], number: int) -> list[str]:
    """The networks that it began to train, up to this one."""
    assert process.stdout is not None
    return [process.stdout.readline().strip().removeprefix("train ") for _ in range(number)]


def trials(folder: Path | str) -> list[Trial]:
    return load_study(str(folder)).trials()


def trained_ids(folder: Path | str) -> list[str]:
    """The networks whose accuracy is in the record, told or not."""
    scored = [trial for trial in trials(folder) if trial.score and "accuracy" in trial.score.metrics]
    return [trial.architecture.id for trial in scored if trial.architecture]


def goes_on(folder: Path | str, first: str | None = None) -> None:
    """The same command keeps what was trained, trains none of it again, and begins with ``first``."""
    before = [trial for trial in trials(folder) if trial.state == "complete"]
    known = trained_ids(folder)
    code, trained, errors = search(folder)
    assert (code, errors) == (0, "")
    assert trials(folder)[: len(before)] == before
    assert first is None or trained[0] == first
    after = trained_ids(folder)
    assert sorted(after) == sorted(known + trained)
    assert len(after) == len(set(after)) == BUDGET
    assert {trial.state for trial in trials(folder)} <= {"complete", "failed"}


def is_healthy(folder: Path | str, capsys: pytest.CaptureFixture[str]) -> bool:
    capsys.readouterr()
    assert run(["doctor", str(folder)]) == 0
    return capsys.readouterr().out == "nothing to mend\n"


def test_sigkill_in_the_middle_of_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with start(tmp_path, "sleep", 3) as driver:
        *_, interrupted = await_training(driver, 3)
        driver.kill()
    assert [trial.state for trial in trials(tmp_path)] == ["complete", "complete", "running"]
    goes_on(tmp_path, interrupted)
    assert is_healthy(tmp_path, capsys)


@pytest.mark.parametrize("at", [1, 3])
def test_sigkill_before_there_is_a_study(at: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(tmp_path, "tear", at)[0] == -signal.SIGKILL
    assert run(["front", str(tmp_path)]) == 2
    assert search(tmp_path)[0] == 0
    assert len(set(trained_ids(tmp_path))) == BUDGET
    assert is_healthy(tmp_path, capsys)


@pytest.mark.parametrize(
    ("entry", "is_trained"),
    [("a parameter", False), ("its score", False), ("its end", True)],
)
def test_sigkill_in_the_middle_of_a_journal_entry(
    entry: str, is_trained: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = 3 + 2 * ENTRIES_A_TRIAL + ENTRIES[entry]  # of the third trial
    code, trained, _ = search(tmp_path, "tear", at)
    assert code == -signal.SIGKILL
    journal = tmp_path / "study.journal"
    content = journal.read_bytes()
    assert not content.endswith(b"\n")
    assert run(["front", str(tmp_path), "--json"]) == 0
    assert journal.read_bytes() == content
    assert len(trained_ids(tmp_path)) == 2 + is_trained
    goes_on(tmp_path, trained[2] if entry == "its score" else None)
    assert journal.read_bytes().startswith(content[: content.rindex(b"\n")])
    assert is_healthy(tmp_path, capsys)


def test_two_drivers_on_one_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with start(tmp_path, "sleep", 2) as driver:
        await_training(driver, 2)
        code, trained, errors = search(tmp_path)
        assert (code, trained) == (2, [])
        assert errors == f"modsearch: Another search is writing to '{tmp_path}'. Wait for it, or give --out.\n"
        assert run(["front", str(tmp_path)]) == 0
        assert run(["doctor", str(tmp_path)]) == 2
        assert capsys.readouterr().err.endswith("Stop it, or wait for it.\n")
        driver.kill()
    goes_on(tmp_path)


def test_locks_of_dead_processes_are_taken_over(tmp_path: Path) -> None:
    search(tmp_path, budget=1)
    (tmp_path / "driver.lock").touch()
    (tmp_path / "study.journal.lock").symlink_to("runs/gone/study.journal")  # Optuna would spin on it for ever
    goes_on(tmp_path)
    assert run(["doctor", str(tmp_path)]) == 0
    assert not (tmp_path / "study.journal.lock").is_symlink()


def test_a_disk_that_is_full_for_the_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = search(tmp_path / "whole")
    assert (code, errors) == (0, "")
    length = (tmp_path / "whole" / "study.journal").stat().st_size
    run_on_full_disk(tmp_path / "run", "full", length * 2 // 3, capsys)


def test_a_disk_that_is_full_for_the_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_on_full_disk(tmp_path / "run", "heavy", 300_000, capsys)
    assert not list((tmp_path / "run").rglob("*.part"))


def test_a_disk_that_is_full_for_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = f"sqlite:///{tmp_path}/studies.db"
    target = f"{database}#table"
    search(target, budget=2)
    size = (tmp_path / "studies.db").stat().st_size
    code, trained, errors = search(target, "full", size)
    assert code == 1
    assert errors == (
        f"modsearch: {database!r} cannot be written: disk I/O error. "  # SQLite's word for the kernel's EFBIG
        "Nothing that finished is lost: once it can be written, the same command goes on.\n"
    )
    assert len(trained_ids(target)) in (2 + len(trained), 1 + len(trained))
    goes_on(target)
    assert is_healthy(target, capsys)


def run_on_full_disk(folder: Path, fault: str, size: int, capsys: pytest.CaptureFixture[str]) -> None:
    code, trained, errors = search(folder, fault, size)
    name = {"full": "study.journal", "heavy": "safetensors"}[fault]
    assert code == 1
    assert errors.count("\n") == 1
    assert f"{name}' cannot be written: the disk is full (File too large). Nothing that finished is lost" in errors
    assert (folder / "study.journal").read_bytes().endswith(b"\n")
    assert len(trained_ids(folder)) == len(trained) - 1
    goes_on(folder, trained[-1])
    assert is_healthy(folder, capsys)


def test_a_newer_study_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    search(tmp_path)
    journal = tmp_path / "study.journal"
    newer = journal.read_bytes().replace(
        b'{"modsearch":{"schema_version":1', b'{"modsearch":{"new":0,"schema_version":2'
    )
    journal.write_bytes(newer)
    code, trained, errors = search(tmp_path)
    assert (code, trained) == (2, [])
    assert errors == (
        "modsearch: study table is of version 2, and this modsearch reads versions up to 1: "
        "a newer modsearch wrote it. Update modsearch to go on with it.\n"
    )
    for verb in ("front", "doctor"):
        assert run([verb, str(tmp_path)]) == 2
        assert capsys.readouterr().err == errors
    assert journal.read_bytes() == newer
