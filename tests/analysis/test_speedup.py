"""What of the saved MACs becomes time, worked out by hand."""

import pytest

from modsearch.analysis import front_info, speedup_tallies
from modsearch.record import Trial
from tests.analysis.small_study import (
    LOSING,
    MOD,
    OTHER_ENVIRONMENT,
    PLACES,
    PLAIN,
    SAVING,
    SPEC,
    SPEEDUP_TRIALS,
    TRIALS,
    TWO_PLACE_TRIALS,
    TWO_PLACES,
    UNDECIDED,
    UNDECIDED_TRIALS,
    UNPAIRED_MOD,
    at_two_places,
    score,
    trial,
    with_speedups,
)


def of_mod(trials: tuple[Trial, ...]):
    [found] = [realised for realised in front_info(trials, SPEC).speedups if realised.point.id == MOD.id]
    return found


def test_every_mod_network_has_its_own_and_its_deleted_form_from_low_to_high_cost():
    found = front_info(SPEEDUP_TRIALS, SPEC).speedups
    assert [(realised.point.id, realised.place, realised.speedup) for realised in found] == [
        (UNPAIRED_MOD.id, "cpu", LOSING),
        (MOD.id, "cpu", SAVING),
    ]
    deleted = found[1].deleted
    assert deleted.gmacs_saved == pytest.approx(1 - 0.0408 / 0.05)
    # plain / MOD = 1.2, MOD / reference = 0.7, PLAIN / reference = 0.6; 1/12, 1/50 and 1/50 of them to each side
    assert deleted.measured.value == pytest.approx(1.2 * 0.7 / 0.6)
    half = 1.4 * (1 / 144 + 2 / 2500) ** 0.5
    assert (deleted.measured.low, deleted.measured.high) == pytest.approx((1.4 - half, 1.4 + half))
    assert found[0].deleted.measured.value == pytest.approx(0.9 * 0.65 / 0.4)


def test_a_deleted_form_that_was_not_scored_is_not_guessed():
    assert of_mod(tuple(other for other in SPEEDUP_TRIALS if other.architecture.id != PLAIN.id)).deleted is None


def test_machines_are_not_mixed():
    """Latency is no objective here: the front itself refuses such trials."""
    elsewhere = trial(2, PLAIN, score(0.7, 0.6, environment=OTHER_ENVIRONMENT))
    trials = tuple(elsewhere if other.number == 2 else other for other in SPEEDUP_TRIALS)
    found = front_info(trials, SPEC.with_overrides({"objectives": ("accuracy", "params")})).speedups
    deleted = {realised.point.id: realised.deleted for realised in found}
    assert deleted[MOD.id].measured is None
    assert deleted[MOD.id].ideal == pytest.approx(0.05 / 0.0408)
    assert deleted[UNPAIRED_MOD.id].measured is not None


def test_each_deployment_has_its_own():
    found = front_info(TWO_PLACE_TRIALS, TWO_PLACES).speedups
    assert [(realised.place, realised.point.id) for realised in found] == [
        (place, network.id) for place in PLACES for network in (UNPAIRED_MOD, MOD)
    ]
    deleted = {(realised.place, realised.point.id): realised.deleted.measured.value for realised in found}
    assert deleted["batch_1", MOD.id] == pytest.approx(1.4)
    assert deleted["batch_16", MOD.id] == pytest.approx(1.5 * 0.7 / 0.54)


def test_a_deployment_is_summed_up_by_counts_and_medians():
    [found] = speedup_tallies(front_info(SPEEDUP_TRIALS, SPEC).speedups)
    assert (found.place, found.total, found.lost, found.undecided) == ("cpu", 2, 1, 0)
    assert found.num_deleted == 2
    medians = found.gmacs_saved, found.measured, found.ideal, found.deleted
    assert medians == pytest.approx((0.30, 1.05, 1.46, 1.43), abs=0.005)


def test_what_is_undecided_is_counted_apart():
    [found] = speedup_tallies(front_info(UNDECIDED_TRIALS, SPEC).speedups)
    assert (found.total, found.lost, found.undecided) == (2, 0, 1)


def test_a_network_counts_once_over_its_deployments():
    """What is lost at one deployment is not counted as undecided for another one."""
    outcomes = {"lost": LOSING, "undecided": UNDECIDED, "saved": SAVING}
    for one, other, expected in (
        ("lost", "undecided", "lost"),
        ("undecided", "saved", "undecided"),
        ("saved", "saved", "saved"),
    ):
        places = dict(zip(PLACES, (outcomes[one], outcomes[other]), strict=True))
        info = front_info(with_speedups(at_two_places(TRIALS), {MOD.id: places}), TWO_PLACES)
        counted = {name: len(info.points_with(name)) for name in ("lost", "undecided")}
        assert counted == {"lost": expected == "lost", "undecided": expected == "undecided"}
        assert len(info.points_with(other, PLACES[1])) == 1


def test_nothing_timed_is_nothing_said():
    assert front_info(TRIALS, SPEC).speedups == ()
    assert speedup_tallies(()) == ()
