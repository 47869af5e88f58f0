"""MoD networks against plain ones."""

import pytest

from modsearch.analysis import front_info, mod_benefit
from tests.analysis.small_study import MOD, PLAIN, REFERENCE, SPEC, TINY, TRIALS, UNPAIRED_MOD, network, score, trial


@pytest.fixture
def benefit():
    return mod_benefit(front_info(TRIALS, SPEC))


def test_each_mod_network_has_its_controls(benefit):
    other, mod = benefit.networks
    assert (other.point.id, mod.point.id) == (UNPAIRED_MOD.id, MOD.id)
    assert (other.is_on_front, mod.is_on_front) == (False, True)
    assert mod.against_best_plain.plain.id == mod.against_deleted.plain.id == PLAIN.id
    assert mod.against_deleted.gain.value == pytest.approx(0.05)
    assert mod.against_deleted.cost_ratio == pytest.approx(0.7 / 0.6)
    assert (other.against_best_plain.plain.id, other.against_deleted.plain.id) == (PLAIN.id, TINY.id)
    assert other.against_best_plain.gain.value == pytest.approx(-0.005, abs=0.002)  # of three, each about as measured
    assert other.against_deleted.gain.value == pytest.approx(0.095)


def test_front_and_hypervolumes_by_hand(benefit):
    assert [mod_network.is_on_front for mod_network in benefit.networks] == [False, True]
    # Down to accuracy 0.1 and cost 1.0.
    assert benefit.hypervolume_plain == pytest.approx(0.2 * 0.5 + 0.4 * 0.6)
    assert benefit.hypervolume_mod == pytest.approx(0.05 * 0.595 + 0.3 * 0.65)
    assert benefit.hypervolume == pytest.approx(0.2 * 0.5 + 0.1 * 0.6 + 0.3 * 0.65)


def test_tallies_call_small_differences_noise(benefit):
    best, deleted = benefit.best_plain_tally, benefit.deleted_tally
    assert (best.gains, best.losses, best.within_noise, best.total) == (1, 0, 1, 2)
    assert (deleted.gains, deleted.losses, deleted.within_noise) == (2, 0, 0)


def test_a_mod_network_without_an_affordable_plain_one_has_no_control():
    trials = (trial(0, MOD, score(0.7, 0.3)), trial(1, REFERENCE, score(0.8, 1.0)))
    benefit = mod_benefit(front_info(trials, SPEC))
    assert benefit.networks[0].against_best_plain is None
    assert benefit.networks[0].against_deleted is None
    assert benefit.deleted_tally.total == benefit.best_plain_tally.total == 0


def test_a_study_of_plain_networks_says_nothing():
    trials = (trial(0, network("S", "S", "S"), score(0.6, 0.4)),)
    benefit = mod_benefit(front_info(trials, SPEC))
    assert benefit.hypervolume_mod == 0
    assert benefit.networks == ()
