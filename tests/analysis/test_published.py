"""Where published networks stand in a study."""

import pytest

from modsearch.analysis import published_info
from modsearch.architecture import preset, published
from tests.analysis.small_study import MOD, PLAIN, REFERENCE, SPEC, TRIALS, score, trial


def standing(trials, name="resnet20_cifar"):
    return next(status for status in published_info(trials, SPEC) if status.name == name)


def test_every_published_network_has_one_standing_and_the_best_come_first():
    statuses = published_info(TRIALS, SPEC)
    assert len({status.id for status in statuses}) == len(statuses)
    assert {status.id for status in statuses} == {network.architecture.id for network in published().values()}
    assert statuses[0].name == "resnet20_cifar"
    assert [status.standing for status in statuses[1:]] == ["outside"] * (len(statuses) - 1)


def test_on_the_front():
    found = standing(TRIALS)
    assert found.standing == "front"
    assert found.point.id == REFERENCE.id
    assert found.dominated_by is None


def test_dominated_by_the_member_that_gains_most_accuracy():
    trials = (
        trial(0, REFERENCE, score(0.70, 1.0)),
        trial(1, PLAIN, score(0.72, 0.5)),
        trial(2, MOD, score(0.75, 0.9)),
    )
    found = standing(trials)
    assert found.standing == "dominated"
    assert found.dominated_by.id == MOD.id
    assert found.gains == pytest.approx({"accuracy": 0.05, "relative_latency": 0.1})


def test_in_the_space_but_not_tried():
    assert standing(TRIALS[1:]).standing == "untried"
    waiting = trial(0, REFERENCE, state="waiting")
    assert standing((waiting, *TRIALS[1:])).standing == "untried"


def test_tried_without_a_score_says_why():
    failed = trial(0, REFERENCE, state="failed", reason="no memory")
    found = standing((failed, *TRIALS[1:]))
    assert (found.standing, found.reason) == ("unscored", "no memory")


def test_scored_counts_although_it_lies_outside_of_the_space():
    outside = preset("resnet56_cifar").architecture
    trials = (*TRIALS, trial(8, outside, score(0.9, 3.0)))
    assert standing(trials, "resnet56_cifar").standing == "front"
