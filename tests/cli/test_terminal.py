"""Terminals of few characters, and terminals that close."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from modsearch.output.table.status import _BARS
from modsearch.search import LocalExecutor, RunPlace, open_run
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

ROOT = Path(__file__).parents[2]
FEW = [
    {"PYTHONIOENCODING": "latin-1"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]
_LOOK = """
import sys
from modsearch.cli import run
from modsearch.cli.terminal import speak_plainly
speak_plainly()
sys.exit(max(run([verb, sys.argv[1]]) for verb in ("status", "front")))
"""


def python(code: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("environment", FEW, ids=lambda environment: "-".join(environment.values()))
def test_verbs_speak_plain_characters(environment: dict[str, str], tmp_path: Path) -> None:
    evaluator = TabulatedEvaluator()
    with open_run(study_spec(budget={"trials": 4}), evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
    process = python(_LOOK, str(tmp_path), **environment)
    assert (process.returncode, process.stderr) == (0, b"")
    text = process.stdout.decode("ascii")
    assert "4 complete" in text
    assert re.search(r"[-_.:=+*#]{31}# ", text)  # the hypervolume over time


_WRITE = """
import sys
from rich.console import Console
from modsearch.cli.terminal import speak_plainly
speak_plainly()
print(sys.argv[1])
with Console(force_terminal=True).status("at work"):
    pass
"""


@pytest.mark.parametrize(("encoding", "expected"), [("ascii", r"_.-:=+*# - \xfc \u20ac \udcff"), ("utf-8", None)])
def test_marks_have_a_plain_form_and_letters_are_told_by_number(encoding: str, expected: str | None) -> None:
    text = f"{_BARS} · ü € " + ("\udcff" if expected else "")
    process = python(_WRITE, text, PYTHONIOENCODING=encoding, TERM="xterm")
    assert (process.returncode, process.stderr) == (0, b"")
    assert process.stdout.decode(encoding).splitlines()[0] == (expected or text).strip(" " if expected else "")


_SLEEP = """
import signal, sys, time
import modsearch.cli as cli
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and so would this one
@cli.app.command("search")
def search() -> None:
    print("begun", flush=True)
    time.sleep(30)
cli.main(["search"])
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_terminal_that_closes_interrupts_as_ctrl_c_does(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _SLEEP], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    _, error = process.communicate()
    assert (process.returncode, error) == (130, "modsearch: Interrupted. The same command goes on.\n")


def test_what_is_ignored_stays_ignored() -> None:
    """As by nohup."""
    code = (
        "import signal\nfrom modsearch.cli.terminal import end_as_by_ctrl_c\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\nend_as_by_ctrl_c()\n"
        "assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN"
    )
    assert python(code).stderr == b""
