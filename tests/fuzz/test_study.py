"""What a storage says about a study: shown, or refused in one line; a search goes on with it, or is refused as well."""

import contextlib
import io
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import TrialState

from modsearch import cli, output, scoring
from modsearch.search import LocalExecutor, RunPlace, mend, open_run
from modsearch.search.store.run_folder import JOURNAL
from tests.conformance.tabulated import SMALL_SPACE, TabulatedEvaluator, study_spec
from tests.fuzz.damage import cases, check_refusal, damaged, is_writable, no_hang

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SPEC = study_spec(
    space=SMALL_SPACE,
    budget={"trials": 2},
    seed=32,  # few repeats: a short journal
    constraints=[{"metric": "params", "max": 4100}],
)
VERBS = (
    ["front", "--json"],
    ["front"],
    ["published"],
    ["status", "--json"],
    ["status"],
    ["describe", "--json", "--id", "2e0b9d9893f9"],
)


def search(folder: Path) -> None:
    evaluator = TabulatedEvaluator(fault="exception", fault_at=(2,))
    with open_run(SPEC, evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()


@cache
def journal() -> tuple[dict[str, Any], ...]:
    """The entries of a run with complete, failed, pruned and repeated trials."""
    with TemporaryDirectory() as folder:
        search(Path(folder))
        return tuple(json.loads(line) for line in (Path(folder) / JOURNAL).read_text().splitlines())


class Text(str):
    """A journal, which is too long to be printed where a case fails."""

    def __repr__(self) -> str:
        return f"{len(self)} characters"


@st.composite
def damaged_journals(draw: st.DrawFn) -> Text:
    """The journal with one or two attributes damaged."""
    entries = list(journal())
    stored = [index for index, entry in enumerate(entries) if "user_attr" in entry]
    for index in {draw(st.sampled_from(stored)) for _ in range(draw(st.integers(1, 2)))}:
        changed = draw(damaged(entries[index]["user_attr"]))
        entries[index] = entries[index] | {"user_attr": changed if is_writable(changed) else {"score": "9" * 5000}}
    return Text("".join(json.dumps(journal_entry, separators=(",", ":")) + "\n" for journal_entry in entries))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study") / "run"


def write(folder: Path, text: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / JOURNAL).write_text(text)


@pytest.fixture(autouse=True, scope="module")
def _no_network_is_built() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "profile", lambda *arguments: None)
        patch.setattr(scoring, "ideal_speedup", lambda profile: None)
        patch.setattr(output, "describe_json", lambda *arguments: {})
        yield


@cases(1600)
@given(damaged_journals(), st.sampled_from(VERBS))
def test_a_damaged_study_is_shown_or_refused(folder: Path, text: str, words: list[str]) -> None:
    write(folder, text)
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "_say", lambda line, code: lines.append(line) or code)
        with no_hang():
            code = cli.run([words[0], str(folder), *words[1:]])
    assert code == (2 if lines else 0)
    for line in lines:
        check_refusal(ValueError(line), "")
        assert re.search(r"study table|trial \d+|run'|line \d+", line), line


@cases(30)
@given(damaged_journals(), st.sampled_from(["html", "png", "svg"]))
def test_a_damaged_study_is_drawn_or_refused(folder: Path, text: str, suffix: str) -> None:
    write(folder, text)
    with no_hang(), contextlib.redirect_stderr(io.StringIO()) as said:
        code = cli.run(["front", str(folder), "--plot", str(folder / f"front.{suffix}")])
    assert code == (2 if said.getvalue() else 0)
    assert code or (folder / f"front.{suffix}").is_file()


@cases(150)
@given(damaged_journals())
def test_a_search_goes_on_or_is_refused(folder: Path, text: str) -> None:
    write(folder, text)
    try:
        with no_hang():
            search(folder)
    except ValueError as error:
        check_refusal(error, "")


def num_complete(entries: Iterable[dict[str, Any]]) -> int:
    return sum(journal_entry.get("state") == TrialState.COMPLETE for journal_entry in entries)


@cases(150)
@given(damaged_journals())
def test_the_doctor_mends_or_says_what_it_cannot(folder: Path, text: str) -> None:
    """It drops no finished trial in silence: each is still complete or named as lost, and what it wrote is read."""
    write(folder, text)
    try:
        with no_hang():
            findings = mend(str(folder))
    except ValueError as error:
        check_refusal(error, "")
        return
    assert [finding.text for finding in mend(str(folder)) if finding.outcome == "mended"] == []
    if any("which study this is" in finding.text for finding in findings):
        assert (folder / JOURNAL).read_text() == text
        return
    ended = [json.loads(line) for line in (folder / JOURNAL).read_text().splitlines()]
    num_lost = sum("is lost, and failed" in finding.text for finding in findings)
    assert num_complete(ended) >= num_complete(journal()) - num_lost
    assert num_complete(journal()) == 3
