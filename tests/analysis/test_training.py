"""What trainings in full are worth, and what the first of them gains."""

from math import sqrt
from typing import Any

import pytest

from modsearch.analysis import TrainedNetwork, by_accuracy, class_accuracy, training_info
from modsearch.record import ClassResult
from tests.analysis.small_study import MOD
from tests.analysis.trained import CLASSES, DELETED, GOOD, MINE, POOR, discordant, recipe, request, result


def other_of(bits: list[int], other_bits: list[int], **more: Any) -> TrainedNetwork:
    """The second of two networks with these images."""
    return training_info([(request(), result(bits)), (request("other", **more), result(other_bits))]).others[0]


def test_each_network_is_told_with_its_epoch_and_its_classes() -> None:
    info = training_info([MINE, DELETED])
    mine, deleted = info.networks
    assert (info.chosen, info.others) == (mine, (deleted,))
    assert (mine.name, mine.id, mine.description) == ("mine", MOD.id, MOD.describe())
    assert deleted.description == MOD.deleted().describe()
    assert (mine.accuracy.value, mine.judged) == (0.95, "held-out")
    assert (mine.epoch, mine.num_epochs, mine.images_per_second) == (2, 3, 512.4)
    assert (mine.worst, mine.best) == (CLASSES[2], CLASSES[0])  # no image of the owl was judged
    assert mine.lead is None
    assert mine.verdict is None


def test_the_first_minus_the_other_image_by_image() -> None:
    lead = training_info([MINE, DELETED]).others[0].lead
    half = 1.959964 * sqrt(20 + 5 - 15**2 / 100) / 100
    assert lead is not None
    assert lead.is_paired
    assert (lead.value, lead.low, lead.high) == pytest.approx((0.15, 0.15 - half, 0.15 + half))


@pytest.mark.parametrize(
    ("won", "lost", "verdict"),
    [(20, 5, "gains"), (5, 20, "loses"), (6, 0, "gains"), (5, 0, "within noise"), (0, 0, "within noise")],
)
def test_the_verdict_in_words(won: int, lost: int, verdict: str) -> None:
    assert other_of(*discordant(won, lost)).verdict == verdict


@pytest.mark.parametrize(
    ("changed", "judged", "is_compared"),
    [
        ({}, "held-out", True),
        ({"content_hash": "others"}, "held-out", False),
        ({"recipe": recipe(seed=1)}, "held-out", True),  # held-out images are not drawn
        ({"recipe": recipe(seed=1)}, "validation", False),
        ({"recipe": recipe(validation=0.2)}, "validation", False),
        ({"recipe": recipe(epochs=9)}, "validation", True),
    ],
)
def test_only_networks_that_saw_the_same_images_are_compared(
    changed: dict[str, Any], judged: str, is_compared: bool
) -> None:
    mine, other = (result(bits, judged=judged) for bits in (GOOD, POOR))
    found = training_info([(request(), mine), (request("other", **changed), other)]).others[0]
    assert (found.lead is not None) == is_compared
    assert (found.verdict == "gains") == is_compared


def test_other_kinds_and_numbers_of_images_are_not_compared() -> None:
    mine = result(GOOD)
    for other in (result(POOR, judged="validation"), result(POOR[:96])):
        assert training_info([(request(), mine), (request("other"), other)]).others[0].lead is None


def test_a_difference_without_the_images_is_unpaired() -> None:
    mine, other = result(GOOD), result(POOR, is_recorded=False)
    lead = training_info([(request(), mine), (request("other"), other)]).others[0].lead
    assert lead is not None
    assert not lead.is_paired
    assert lead.value == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("judged", "num_validation", "is_optimistic"),
    [("validation", 200, True), ("validation", 0, False), ("held-out", 200, False)],
)
def test_images_that_chose_the_epoch_are_optimistic(judged: str, num_validation: int, is_optimistic: bool) -> None:
    training = request(num_validation=num_validation), result(GOOD, judged=judged)
    assert training_info([training]).chosen.is_optimistic == is_optimistic


def test_classes_from_the_worst_to_the_best_then_those_without_an_image() -> None:
    assert [found.name for found in by_accuracy(CLASSES)] == ["dog", "cat", "owl"]
    nothing = training_info([(request(), result(GOOD, classes=()))]).chosen
    assert (nothing.worst, nothing.best) == (None, None)


def test_the_interval_of_a_class_by_hand() -> None:
    """Wilson's: around (p + z2 / 2n) / (1 + z2 / n)."""
    found = class_accuracy(ClassResult(name="dog", num_images=50, num_correct=25))
    half = 1.959964 * sqrt(0.25 / 50 + 1.959964**2 / (4 * 50**2)) / (1 + 1.959964**2 / 50)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5 - half, 0.5 + half))
    assert class_accuracy(CLASSES[1]) is None
