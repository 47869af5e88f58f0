"""A screen that goes away while work goes on."""

import errno
import os
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from modsearch.output import SearchDisplay, steady_console
from modsearch.output.live.screen import Screen
from modsearch.search import LocalExecutor, RunPlace, load_study, open_run
from tests.conformance.tabulated import TabulatedEvaluator, study_spec


def test_a_pipe_that_nobody_reads_ends_nothing_and_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    console = steady_console(stream)
    console.print("seen")
    stream.flush()
    assert os.read(reading, 100) == b"seen\n"
    os.close(reading)
    for _ in range(3):
        console.print("not seen")
        console.file.flush()
    stream.close()  # what Python still holds goes nowhere
    error = capsys.readouterr().err
    assert error.startswith("modsearch: Nothing more is shown: the output cannot be written ([Errno 32] Broken pipe).")
    assert error.count("\n") == 1


def test_characters_that_a_stream_lacks_are_told_by_number(tmp_path: Path) -> None:
    with TextIOWrapper((tmp_path / "out").open("wb"), encoding="latin-1") as stream:
        Screen(stream).write("▁ü")
    assert (tmp_path / "out").read_bytes() == rb"\u2581\xfc"


def test_a_display_that_fails_ends_no_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    spec, evaluator = study_spec(budget={"trials": 3}), TabulatedEvaluator()
    with open_run(spec, evaluator, RunPlace(tmp_path)) as study:
        display = SearchDisplay(study.header, steady_console())
        for name in ("add_task", "update", "remove_task"):
            monkeypatch.setattr(display.progress, name, fail)
        monkeypatch.setattr(display.console, "print", fail)
        with display:
            display.on_note("a note")
            LocalExecutor(study, evaluator, tmp_path, display).run()
    assert sum(trial.state == "complete" for trial in load_study(str(tmp_path)).trials()) == 3
    assert capsys.readouterr().err == (
        "modsearch: The display is incomplete (OSError: [Errno 5] Input/output error). The search goes on.\n"
    )
