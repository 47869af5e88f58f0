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
    assert (benefit.num_front, benefit.num_front_mod) == (4, 1)
    # Down to accuracy 0.1 and cost 1.0.
    assert benefit.hypervolume_plain == pytest.approx(0.2 * 0.5 + 0.4 * 0.6)
    assert benefit.hypervolume_mod == pytest.approx(0.05 * 0.595 + 0.3 * 0.65)
    assert benefit.hypervolume == pytest.approx(0.2 * 0.5 + 0.1 * 0.6 + 0.3 * 0.65)


def test_tallies_call_small_differences_noise(benefit):
    best, deleted = benefit.best_plain_tally, benefit.deleted_tally
    assert (best.gains, best.losses, best.within_noise, best.total) == (1, 0, 1, 2)
    assert (deleted.gains, deleted.losses, deleted.within_noise) == (2, 0, 0)


def test_summary_says_it_in_words(benefit):
    text = benefit.summary()
    assert "Networks on the front: 4, with MoD blocks: 1." in text
    assert "plain networks alone reach 0.34 and MoD networks alone 0.2248" in text
    assert (
        "of 2 MoD networks, 1 gain accuracy, 0 lose accuracy, and for 1 the difference is smaller than the noise"
        in text
    )
    assert "the luck of single training runs comes on top" in text
    assert "So few do not tell size from luck: the only 3 plain networks count about as measured" in text
    assert "\n" not in text


def test_a_mod_network_without_an_affordable_plain_one_has_no_control():
    trials = (trial(0, MOD, score(0.7, 0.3)), trial(1, REFERENCE, score(0.8, 1.0)))
    benefit = mod_benefit(front_info(trials, SPEC))
    assert benefit.networks[0].against_best_plain is None
    assert benefit.networks[0].against_deleted is None
    assert "No MoD network can be held against the same network with its MoD blocks deleted." in benefit.summary()


@pytest.mark.parametrize(
    ("num_plain", "expected"),
    [
        (0, "No MoD network can be held against the best plain network that costs no more."),
        (1, "So few do not tell size from luck: the only plain one counts about as measured, and luck is taken as 0."),
        (4, "Each plain network counts as what all 4 say of one with its blocks, so that the best is not the luckiest"),
    ],
)
def test_how_plain_networks_count_is_said(num_plain, expected):
    plain = [network(*("S" * num for num in each)) for each in ((1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2))][:num_plain]
    trials = [
        trial(9, MOD, score(0.7, 0.9)),
        *(trial(index, each, score(0.6, 0.5)) for index, each in enumerate(plain)),
    ]
    text = mod_benefit(front_info(trials, SPEC)).summary()
    assert expected in text
    assert ("Each plain network" in text) + ("So few" in text) == (num_plain > 0)


def test_a_study_of_plain_networks_says_nothing():
    trials = (trial(0, network("S", "S", "S"), score(0.6, 0.4)),)
    benefit = mod_benefit(front_info(trials, SPEC))
    assert benefit.hypervolume_mod == 0
    assert benefit.summary() == "The study scored no network with MoD blocks, so it says nothing about them."
