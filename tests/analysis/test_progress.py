"""Progress and ledger of a study that was worked out by hand."""

from typing import Any

import pytest

from modsearch.analysis import progress
from modsearch.record import Epoch, Score, Trial
from modsearch.space import StudySpec
from tests.analysis.small_study import MOD, PLAIN, REFERENCE, SPEC, TINY, UNPAIRED_MOD, network, score, trial

CORNER = (0.1, 1.0)
VIOLATOR, SCREENED, BROKEN = network("SSS", "S", "S"), network("SS", "SS", "S"), network("SS", "SS", "SS")


def screened_score(*seconds: float) -> Score:
    curve = tuple(Epoch(loss=1, accuracy=0.2, seconds=duration) for duration in seconds)
    known = score(0.2, 0.9)
    metrics = {name: measurement for name, measurement in known.metrics.items() if name != "accuracy"}
    return known.model_copy(update={"metrics": metrics, "learning_curve": curve})


def spec(**budget: Any) -> StudySpec:
    fidelity = SPEC.fidelity.model_copy(update={"epochs": 10})
    return SPEC.with_overrides({"budget": budget or {"trials": 20}, "fidelity": fidelity})


TRIALS = (
    trial(0, TINY, score(0.6, 0.4), seconds=100),
    trial(1, PLAIN, score(0.7, 0.6), seconds=200),
    trial(2, MOD, score(0.75, 0.7), seconds=600),
    trial(3, PLAIN, score(0.7, 0.6), is_repeat=True),  # saves 200 s
    trial(4, MOD, score(0.75, 0.7), is_repeat=True),  # saves 600 s
    trial(5, VIOLATOR, score(0.1, 2.0), state="pruned", reason="relative_latency is 2, over 1", seconds=5),  # 195 s
    trial(6, VIOLATOR, score(0.1, 2.0), state="pruned", is_repeat=True),  # saves 5 s
    trial(7, SCREENED, screened_score(30, 10), state="pruned", reason="screened", seconds=50),  # 8 epochs of 20 s
    trial(8, BROKEN, state="failed", reason="no memory", seconds=20),
    trial(9, BROKEN, state="failed", reason="no memory", seconds=25),
    trial(10, UNPAIRED_MOD, state="failed", reason="interrupted"),
    trial(11, REFERENCE, state="running"),
    trial(12, UNPAIRED_MOD, state="waiting"),
)


def test_counts_leave_repeats_out() -> None:
    found = progress(TRIALS, spec(), CORNER)
    assert (found.complete, found.running, found.failed, found.pruned, found.screened) == (3, 1, 3, 2, 1)
    assert found.repeats == 3
    assert [found_trial.number for found_trial in found.current] == [11]
    assert found.failures == {"no memory": 2, "interrupted": 1}
    assert next(iter(found.failures)) == "no memory"


def test_ledger_by_hand() -> None:
    ledger = progress(TRIALS, spec(), CORNER).ledger
    assert ledger.spent_s == {"complete": 900, "screening": 50, "constraints": 5, "failed": 45}
    assert ledger.saved_s == {"record": 805, "constraints": 195, "screening": 160}


def test_pace_and_time_left() -> None:
    found = progress(TRIALS, spec(), CORNER)
    assert found.search_s == 1000
    assert found.trained_an_hour == pytest.approx(4 * 3.6)  # three complete and one screened in 1,000 s
    assert found.time_left_s == pytest.approx((20 - 4) * 250)


@pytest.mark.parametrize(
    ("budget", "left_s"),
    [
        ({"hours": 0.5}, 800),
        ({"hours": 0.5, "trials": 5}, 250),
        ({"hours": 0.5, "trials": 50}, 800),
        ({"hours": 0.2}, 0),
        ({"plateau": 0.1}, None),
    ],
)
def test_time_left_is_that_of_the_nearer_limit(budget: dict[str, float], left_s: float | None) -> None:
    assert progress(TRIALS, spec(**budget), CORNER).time_left_s == left_s


def test_front_and_hypervolume() -> None:
    found = progress(TRIALS, spec(), CORNER)
    assert found.front_ids == (TINY.id, PLAIN.id, MOD.id)
    assert found.hypervolume == pytest.approx(0.2 * 0.5 + 0.1 * 0.6 + 0.3 * 0.65)
    assert len(found.hypervolume_curve) == len(TRIALS)
    bounded = spec().with_overrides({"constraints": [{"metric": "relative_latency", "max": 0.65}]})
    assert progress(TRIALS, bounded, CORNER).front_ids == (TINY.id, PLAIN.id)


def test_a_network_that_was_told_twice_is_one_network() -> None:
    again = trial(13, PLAIN, score(0.7, 0.6))  # as a driver leaves it that died between score and end
    found = progress((*TRIALS, again), spec(), CORNER)
    assert found.complete == 3
    assert found.front_ids.count(PLAIN.id) == 1


def test_a_new_study_has_nothing_to_say() -> None:
    trials: tuple[Trial, ...] = ()
    found = progress(trials, spec(), CORNER)
    assert (found.complete, found.hypervolume, found.gain_last_hour, found.front_ids) == (0, 0, 0, ())
    assert (found.trained_an_hour, found.time_left_s) == (None, None)
    assert set(found.ledger.spent_s.values()) == set(found.ledger.saved_s.values()) == {0}
