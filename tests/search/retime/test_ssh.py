"""Timing over ssh, which a script stands for."""

from pathlib import Path

import pytest

from modsearch.record import Remeasurement
from modsearch.search import SearchFailed, time_on_host
from tests.conformance.remeasured import job, remeasurement
from tests.search.store.test_remeasurement_log import FIRST, SECOND

JOB = job((FIRST, SECOND))
LINES = [remeasurement(network).model_dump_json() for network in JOB.networks]


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is first on PATH; its ``ssh`` keeps its arguments and its input, then does what ``answer`` says."""
    script = tmp_path / "ssh"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/arguments"\n. "{tmp_path}/answer"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


def answer(ssh: Path, lines: list[str], more: str = "") -> None:
    (ssh / "lines").write_text("".join(f"{line}\n" for line in lines))
    (ssh / "answer").write_text(f'cat > "{ssh}/input"\ncat "{ssh}/lines"\n{more}\n')


def test_the_job_goes_there_and_results_come_back(ssh: Path) -> None:
    answer(ssh, ["Welcome!", *LINES])
    found = list(time_on_host(JOB, "me@there", "venv/bin/modsearch"))
    assert found == [remeasurement(FIRST), remeasurement(SECOND)]
    assert (ssh / "arguments").read_text().splitlines() == ["me@there", "venv/bin/modsearch probe -"]
    assert (ssh / "input").read_text() == JOB.model_dump_json()


def test_what_came_before_it_broke_off_is_there(ssh: Path) -> None:
    answer(ssh, LINES[:1], 'printf "{\\"sch"; echo "Connection to there closed." >&2; exit 255')
    found = []
    with pytest.raises(
        SearchFailed, match=r"^there timed 1 of 2 networks: Connection to there closed\. \(exit code 255"
    ):
        found += [result for result in time_on_host(JOB, "there", "modsearch") if isinstance(result, Remeasurement)]
    received = iter(time_on_host(JOB, "there", "modsearch"))
    assert next(received) == remeasurement(FIRST)
    received.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'ssh: Could not resolve hostname there' >&2; exit 255", r"0 of 2 networks: ssh: Could not resolve"),
        ("echo 'sh: modsearch: not found' >&2; exit 127", r"not found \(exit code 127\)\. Give --remote-command"),
        ("echo 'modsearch: deployment.device must be cpu' >&2; exit 2", r"networks: deployment\.device must be cpu"),
        ("exit 1", r"it gave no reason \(exit code 1\)"),
    ],
)
def test_a_host_that_does_not_serve_is_one_line(ssh: Path, script: str, told: str) -> None:
    (ssh / "answer").write_text(script)
    with pytest.raises(SearchFailed, match=told) as error:
        list(time_on_host(JOB, "there", "modsearch"))
    assert "\n" not in str(error.value)


def test_no_ssh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SearchFailed, match="ssh cannot be started: No such file"):
        list(time_on_host(JOB, "there", "modsearch"))


@pytest.mark.parametrize("text", ["-oProxyCommand=touch x", " -v", "", "a\nb"])
def test_options_of_ssh_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"--host must be one line that does not begin with '-'"):
        list(time_on_host(JOB, text, "modsearch"))
    with pytest.raises(ValueError, match=r"--remote-command must be"):
        list(time_on_host(JOB, "there", text))
