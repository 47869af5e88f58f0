"""Results and jobs that come from elsewhere, and stored later measurements: taken, or refused in one line."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modsearch import cli, scoring
from modsearch.record import Missed, Remeasurement
from modsearch.search import load_study, mend, read_remeasurements, read_results
from modsearch.search.retime.timing import read_job
from modsearch.search.store.run_folder import JOURNAL
from tests.conformance.remeasured import job, keep, measure_beside, remeasurement, search
from tests.fuzz.damage import cases, check_refusal, damaged, is_writable, no_hang
from tests.search.store.test_remeasurement_log import NETWORKS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

RESULT: dict[str, Any] = remeasurement(NETWORKS[0]).model_dump(mode="json")
MISSED: dict[str, Any] = Missed(architecture_id="2e0b9d9893f9", place="cpu-b16", reason="no memory").model_dump(
    mode="json"
)
JOB: dict[str, Any] = job(NETWORKS[:2]).model_dump(mode="json")
LIST = JOB["networks"]


def written(data: object) -> bytes:
    return json.dumps(data).encode() if is_writable(data) else b"9" * 5000


@cases(300)
@given(damaged(RESULT) | damaged(MISSED))
def test_results(data: dict[str, Any]) -> None:
    try:
        with no_hang():
            found = list(read_results([written(data)], "results.json"))
    except ValueError as error:
        check_refusal(error, "results.json")
        return
    for result in found:
        assert type(result).model_validate_json(result.model_dump_json()) == result


@cases(300)
@given(damaged(JOB) | damaged({"networks": LIST}).map(lambda data: data.get("networks")))
def test_jobs(data: Any) -> None:
    try:
        with no_hang():
            read_job(written(data), "job.json")
    except ValueError as error:
        check_refusal(error, "job.json")


@cases(300)
@given(st.binary(max_size=40) | st.sampled_from([b"[" * 100_000, b"{}", b"null", b"\xff"]))
def test_bytes(data: bytes) -> None:
    for read in (lambda: list(read_results(data.splitlines(), "x.json")), lambda: read_job(data, "x.json")):
        try:
            read()
        except ValueError as error:
            check_refusal(error, "x.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with two later measurements."""
    folder = tmp_path_factory.mktemp("study") / "run"
    keep(search(folder), remeasurement(NETWORKS[0]), remeasurement(NETWORKS[1]))
    return folder


@pytest.fixture(scope="module")
def lines(folder: Path) -> list[str]:
    return (folder / JOURNAL).read_text().splitlines(keepends=True)


def said(*words: str) -> tuple[int, list[str]]:
    out = io.StringIO()
    with contextlib.redirect_stderr(out), contextlib.redirect_stdout(io.StringIO()), no_hang():
        code = cli.run(words)
    return code, out.getvalue().splitlines()


@cases(50)
@given(damaged(RESULT))
def test_entries_of_a_study(folder: Path, lines: list[str], data: dict[str, Any]) -> None:
    """The front there is shown or refused; the doctor removes what cannot be, and no network is lost."""
    name = f"later/cpu-b16/{NETWORKS[1].id}"
    entry = json.loads(lines[-1]) | {"user_attr": {name: data if is_writable(data) else "9" * 5000}}
    (folder / JOURNAL).write_text("".join([*lines[:-1], json.dumps(entry) + "\n"]))
    code, text = said("front", str(folder), "--deployment", "cpu-b16")
    assert (code, len(text)) in ((0, 0), (2, 1))
    if code:
        assert name in text[0] or "must be measured in one environment" in text[0], text
    try:
        mend(str(folder))
    except ValueError as error:
        check_refusal(error, "a newer modsearch wrote it")
        return
    assert 1 <= len(read_remeasurements(load_study(str(folder)))) <= 2
    assert said("front", str(folder)) == (0, [])


@cases(50)
@given(damaged(RESULT), st.sampled_from([(), ("--name", "there"), ("--batch-size", "16"), ("--json",)]))
def test_results_for_a_study(folder: Path, lines: list[str], data: dict[str, Any], words: tuple[str, ...]) -> None:
    (folder / JOURNAL).write_text("".join(lines))
    path = folder.parent / "results.json"
    path.write_bytes(remeasurement(NETWORKS[0]).model_dump_json().encode() + b"\n" + written(data))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "measure_beside", measure_beside)
        code, text = said("retime", str(folder), "--from", str(path), *words)
    assert code in (0, 1, 2)
    assert len(text) <= 1 + (code == 1)
    assert all(isinstance(measurement, Remeasurement) for measurement in read_remeasurements(load_study(str(folder))))
