"""Several drivers on one study in a PostgreSQL database: real processes, a real server, real faults."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from modsearch.architecture import Architecture
from modsearch.record import Trial
from modsearch.search import RunPlace, Study, load_study, open_run, weights_path
from modsearch.search.propose.history import History
from modsearch.statistic import pareto_front
from tests.conformance.tabulated import TabulatedEvaluator, accuracy, cost, study_spec
from tests.integration.postgres import PASSWORD, Server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NUM_DRIVERS = 3
DIED = "the search that ran it died"


def start(folder: Path, url: str, budget: int, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.integration.driver", str(folder), str(budget), "--storage", url, *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str], *lines: str) -> tuple[int, list[str], str]:
    """Exit code, the networks that it began to train, those of ``lines`` first, and what it said on stderr."""
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        out, errors = process.stdout.read(), process.stderr.read()  # communicate() would miss what line() read ahead
    return process.returncode, [report.removeprefix("train ").strip() for report in (*lines, *out.splitlines())], errors


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def complete(study: Study) -> list[Trial]:
    """Those that were trained; none may be there twice."""
    trials = [trial for trial in study.trials() if trial.state == "complete" and not trial.is_repeat]
    ids = [trial.architecture.id for trial in trials if trial.architecture]
    assert len(ids) == len(set(ids)) == len(trials)
    return trials


def check_record(study: Study, budget: int) -> None:
    """Whole: the budget to the network, right scores, weights where it says, nothing left behind."""
    trials, folders = complete(study), study.folders()
    assert len(trials) == budget
    for trial in trials:
        assert trial.architecture is not None
        assert trial.score is not None
        assert trial.score.metrics["accuracy"].value == accuracy(trial.architecture)
        assert weights_path(folders[trial.number], study.task(trial.architecture)).is_file()
    assert not [trial for trial in study.trials() if trial.state in ("running", "waiting")]


def dump(url: str) -> str:
    """Every row of every table."""
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = [connection.execute(f'SELECT t::text FROM "{name}" t').fetchall() for (name,) in names]
    return "\n".join(row for table in tables for (row,) in table)


def test_three_drivers_train_no_network_twice(url: str, tmp_path: Path) -> None:
    budget = 16
    with_password = url.replace("@", f":{PASSWORD.replace('%', '%25')}@")
    folders = [tmp_path / name for name in "abc"]
    urls = (url, url, with_password)
    drivers = [start(*place, budget, "--pace-s", "0.1") for place in zip(folders, urls, strict=True)]
    ends = [end(driver) for driver in drivers]
    assert [(code, errors) for code, _, errors in ends] == [(0, "")] * NUM_DRIVERS
    trained = [network for _, networks, _ in ends for network in networks]
    assert len(trained) == len(set(trained)) == budget
    assert all(networks for _, networks, _ in ends)

    study = load_study(f"{url}#table")
    check_record(study, budget)
    points = {network.id: (accuracy(network), cost(network)) for network in map(_network, complete(study))}
    front = [list(points)[index] for index in pareto_front(list(points.values()), ("maximize", "minimize"))]
    assert {_network(trial).id for trial in History.read(study).front} == set(front)

    said = [errors for _, _, errors in ends]
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for secret in (PASSWORD, PASSWORD.replace("%", "%25")):
        assert secret not in dump(url)
        assert not [text for text in said if secret in text]
        assert not [content for content in written if secret.encode() in content]


def _network(trial: Trial) -> Architecture:
    assert trial.architecture is not None
    return trial.architecture


def test_a_killed_drivers_network_is_trained_by_another(url: str, tmp_path: Path) -> None:
    budget = 8
    victim = start(tmp_path / "victim", url, budget, "--fault", "sleep", "--at", "2")
    before = [line(victim), line(victim)]
    other = start(tmp_path / "other", url, budget)
    said = line(other)
    victim.kill()
    _, (first, left), _ = end(victim, *before)
    code, trained, errors = end(other, said)
    assert (code, errors) == (0, "")
    assert trained.count(left) == 1
    assert len({first, *trained}) == len([first, *trained]) == budget
    study = load_study(f"{url}#table")
    check_record(study, budget)
    assert [(trial.state, _network(trial).id) for trial in study.trials() if trial.reason == DIED] == [("failed", left)]


def test_a_database_that_is_started_again_costs_no_trial(server: Server, url: str, tmp_path: Path) -> None:
    budget = 12
    drivers = [start(tmp_path / name, url, budget, "--pace-s", "0.1") for name in "ab"]
    first_lines = [line(driver) for driver in drivers]
    server.stop()
    time.sleep(1.5)
    server.start()
    ends = [end(driver, said) for driver, said in zip(drivers, first_lines, strict=True)]
    trained = [network for _, networks, _ in ends for network in networks]
    assert len(trained) == len(set(trained)) == budget
    check_record(load_study(f"{url}#table"), budget)
    for code, _, errors in ends:
        assert code == 0
        assert errors.count("trying again for 120 seconds") <= errors.count("The database is back.")
        assert "Traceback" not in errors
        assert PASSWORD not in errors
    assert any("trying again" in errors for _, _, errors in ends)


def test_a_driver_that_was_only_slow_loses_no_result_and_tells_none_twice(url: str, tmp_path: Path) -> None:
    """It is stopped while it trains until another driver has taken it for dead, and goes on then."""
    budget = 6
    slow = start(tmp_path / "slow", url, budget, "--pace-s", "0.3")
    said = line(slow)
    slow.send_signal(signal.SIGSTOP)
    other = start(tmp_path / "other", url, budget, "--pace-s", "0.3")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not _has_died(url):
        time.sleep(0.2)
    slow.send_signal(signal.SIGCONT)
    ends = [end(slow, said), end(other)]
    assert [(code, errors) for code, _, errors in ends] == [(0, "")] * 2
    study = load_study(f"{url}#table")
    assert [trial.reason for trial in study.trials()].count(DIED) == 1
    assert said.split()[1] in {_network(trial).id for trial in complete(study)}
    assert len(complete(study)) in (budget, budget + 1)  # the place of who is taken for dead is given away


def _has_died(url: str) -> bool:
    return any(trial.reason == DIED for trial in load_study(f"{url}#table").trials())


def open_with(url: str, folder: Path) -> str:
    """What is said where a storage cannot be opened."""
    begin = time.monotonic()
    with (
        pytest.raises(ValueError, match=r"^The storage '.*' cannot be opened: .") as error,
        open_run(study_spec(), TabulatedEvaluator(), RunPlace(folder, url)),
    ):
        pass
    assert time.monotonic() - begin < 30
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_wrong_password_is_one_line(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "guessed")
    said = open_with(url, tmp_path)
    assert "password authentication failed" in said
    assert "guessed" not in said
    said = open_with(url.replace("@", ":guessed@"), tmp_path)
    assert "password authentication failed" in said
    assert "guessed" not in said


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert "Connection refused" in open_with("postgresql://me:guessed@127.0.0.1:1/nowhere", tmp_path)
    assert "guessed" not in open_with("postgresql://me:guessed@nowhere.invalid/nowhere?password=guessed", tmp_path)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'modsearch[postgres]'" in open_with("postgresql://me@127.0.0.1:1/nowhere", tmp_path)


def test_it_is_not_run_by_root(server: Server) -> None:
    process = int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{process}").stat().st_uid != 0
