"""What an older or a newer modsearch stored."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from modsearch.record import Score
from modsearch.search import LocalExecutor, RunPlace, load_study, mend, open_run
from modsearch.search.store import version
from tests.conformance.tabulated import TabulatedEvaluator, study_spec


def search(folder: Path, trials: int) -> TabulatedEvaluator:
    evaluator = TabulatedEvaluator()
    with open_run(study_spec(budget={"trials": trials}), evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()
    return evaluator


FORMS = {
    "study table": ('{"modsearch":{', '{"modsearch":{"later":1,'),
    "study table.spec": ('"spec":{', '"spec":{"later":1,'),
    "trial 0.architecture": ('"architecture":{', '"architecture":{"later":1,'),
    "trial 0.score": ('"score":{', '"score":{"later":1,'),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_newer_form_is_refused_by_every_opener(form: str, tmp_path: Path) -> None:
    search(tmp_path, 1)
    journal = tmp_path / "study.journal"
    old, new = FORMS[form]
    text = re.sub(re.escape(old) + r'"schema_version":\d', f'{new}"schema_version":7', journal.read_text())
    journal.write_text(text)
    told = rf"{form} is of version 7, and this modsearch reads versions up to \d: a newer modsearch wrote it. Update"
    for opener in (
        lambda: search(tmp_path, 2),
        lambda: load_study(str(tmp_path)).header and load_study(str(tmp_path)).trials(),
        lambda: mend(str(tmp_path)),
    ):
        with pytest.raises(ValueError, match=told):
            opener()
    assert journal.read_text().startswith(text)


def test_a_score_of_version_1_keeps_its_rounds() -> None:
    """As modsearch stored it when timing meant one process."""
    stored = {"schema_version": 1, "metrics": {}, "log_ratios": {"cpu": [0.25, -0.5]}, "correct": "AA=="}
    score = version.read(Score, stored, "score")
    assert score.timed["cpu"].log_ratios == ((0.25, -0.5),)
    assert (score.timed["cpu"].ending, score.correct) == ("rounds", "AA==")
    assert "log_ratios" in stored  # a storage's own copy stays as it was
    with pytest.raises(ValueError, match=r"^score\.timed must be a mapping"):
        version.read(Score, stored | {"log_ratios": 3}, "score")


def test_an_older_form_is_migrated_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a score had been renamed twice since version -1."""

    def rename(old: str, new: str) -> Any:
        return lambda form: {new if name == old else name: value for name, value in form.items()}

    class Newer(Score):
        schema_version: int = 3  # type: ignore[assignment]

    monkeypatch.setattr(version, "_MIGRATIONS", {Newer: (rename("oldest", "older"), rename("older", "metrics"))})
    for old, name in ((1, "oldest"), (2, "older"), (3, "metrics")):
        assert version.read(Newer, {"schema_version": old, name: {}}, "score").metrics == {}
    with pytest.raises(ValueError, match=r"score is of version 4, and this modsearch reads versions up to 3"):
        version.read(Newer, {"schema_version": 4}, "score")


@pytest.mark.parametrize("broken", [None, [], "text", {"schema_version": "two"}, {"schema_version": None}])
def test_what_is_no_form_is_one_line(broken: object) -> None:
    with pytest.raises(ValueError, match=r"^score[. ]") as error:
        version.read(Score, broken, "score")
    assert "\n" not in str(error.value)
    json.dumps(str(error.value))
