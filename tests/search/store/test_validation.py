"""What a storage must not say about a speed-up."""

import copy
from typing import Any

import pytest

from modsearch.record import Score
from modsearch.search.store.validation import check_trial, read_part
from tests.analysis.small_study import MOD, SAVING, SPEC, score, trial

SOUND = score(0.7, 0.6).model_copy(update={"speedups": {"cpu": SAVING}})
MEASURED = "trial 3.score.speedups.cpu.measured"


def stored(**changes: Any) -> dict[str, Any]:
    """The score as it is stored, its speed-up changed."""
    form = copy.deepcopy(SOUND.model_dump(mode="json"))
    form["speedups"]["cpu"]["measured"] |= changes
    return form


def test_a_sound_one_is_read() -> None:
    assert read_part("score", stored(), "trial 3") == SOUND


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": "NaN"}, f"{MEASURED}.value must be a finite number"),
        ({"high": "Infinity"}, f"{MEASURED}.high must be a finite number"),
        ({"value": 0}, f"{MEASURED}.value must be from 1e-09 to 1e\\+18"),
        ({"value": 2.0}, f"{MEASURED}.value must be from 1.1 to 1.3"),
        ({"num_samples": 0}, f"{MEASURED}.num_samples must be at least 1"),
        ({"unit": "ms"}, f"{MEASURED}.unit must be 'x plain form'"),
    ],
)
def test_a_damaged_measurement_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_part("score", stored(**changes), "trial 3")


@pytest.mark.parametrize("gmacs", [0, -1, "Infinity", "NaN", "many", None, 1e300])
def test_damaged_counts_are_refused(gmacs: object) -> None:
    form = stored()
    form["speedups"]["cpu"]["plain_gmacs"] = gmacs
    with pytest.raises(ValueError, match=r"^trial 3\.score\.speedups\.cpu\.plain_gmacs must be"):
        read_part("score", form, "trial 3")


def test_a_deployment_of_another_study_is_refused() -> None:
    elsewhere: Score = SOUND.model_copy(update={"speedups": {"cpux": SAVING}})
    with pytest.raises(ValueError, match=r"speedups must be of one of cpu\. Got 'cpux' instead\. Did you mean 'cpu'\?"):
        check_trial(trial(3, MOD, elsewhere), SPEC)


def test_a_score_without_speed_ups_is_whole() -> None:
    form = SOUND.model_dump(mode="json")
    del form["speedups"]
    found = read_part("score", form, "trial 3")
    assert isinstance(found, Score)
    assert found.speedups == {}
