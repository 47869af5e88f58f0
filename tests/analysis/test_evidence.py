"""Evidence of trainings anew: accuracies, contrasts and luck, by hand."""

from collections.abc import Sequence
from math import hypot, inf, log, sqrt

import numpy as np
import pytest
from scipy import stats

from modsearch.analysis import Evidence
from modsearch.architecture import Architecture
from modsearch.record import Measurement, Refined, Task
from modsearch.space import Fidelity
from modsearch.statistic.contrast import estimate
from modsearch.statistic.luck import Luck, Sample
from tests.analysis.small_refinement import (
    COST,
    PLAIN,
    accuracy,
    each,
    latency,
    plan_of,
    right,
    scored,
    trained,
    without_bits,
)

A, B, C, D = PLAIN[:4]


def evidence_of(*results: Sequence[Refined], overlap: float = 0.0) -> Evidence:
    return Evidence(plan_of(A, B, C, D), [result for group in results for result in group], {}, overlap)


def means(evidence: Evidence, *networks: Architecture) -> list[float]:
    return [evidence.mean(network.id) for network in networks]


def test_where_all_were_trained_in_all_replicates_accuracies_are_their_means() -> None:
    evidence = evidence_of(each(A, 500, 520), each(B, 600, 640), each(C, 450, 400))
    assert means(evidence, A, B, C) == pytest.approx([0.51, 0.62, 0.425])
    assert evidence.num_replicates(A.id) == 2
    assert evidence.num_replicates(D.id) == 0
    assert evidence.accuracy(D.id) is None


def test_a_hard_replicate_does_not_drag_down_who_was_trained_there() -> None:
    """The third one is by 0.2 harder than the second: D, only there, is 0.05 above A as it was there."""
    evidence = evidence_of(each(A, 500, 600, 400), each(B, 600, 700, 500), each(C, 700, 800), each(D, None, None, 450))
    assert means(evidence, A, B, C, D) == pytest.approx([0.5, 0.6, 0.7, 0.55])


def test_a_difference_is_taken_image_by_image() -> None:
    """In the first replicate 30 of 1,000 images are right for A alone, in the second 10 for A and 10 for B."""
    other = [*right(490, 980), *[0] * 10, *[1] * 10]
    mine = [*right(490, 980), *[1] * 10, *[0] * 10]
    evidence = evidence_of(
        [trained(A, 1, right(530)), trained(B, 1, right(500))], [trained(A, 2, mine), trained(B, 2, other)]
    )
    sample = evidence.sample({A.id: 1.0, B.id: -1.0})
    assert sample is not None
    assert sample.value_R == pytest.approx([0.03, 0.0])
    of_one = [(30 - 30**2 / 1000) / 999, 20 / 999]  # variances of 0, 1 and -1 over images
    assert sample.image_variance == pytest.approx(sum(of_one) / 2 / 1000)
    assert sample.weight == 2
    assert evidence.difference(A.id, B.id).value == pytest.approx(0.015)


def test_a_contrast_of_three_weighs_them() -> None:
    evidence = evidence_of(each(A, 500, 600), each(B, 400, 300), each(C, 100, 200))
    sample = evidence.sample({A.id: 1.0, B.id: -0.25, C.id: -0.75, D.id: 0.0})
    assert sample is not None  # D, which was not trained, does not count
    assert sample.value_R == pytest.approx([0.5 - 0.1 - 0.075, 0.6 - 0.075 - 0.15])
    assert sample.weight == pytest.approx(1 + 0.0625 + 0.5625)


def test_contrasts_are_of_the_replicates_in_which_all_were_trained() -> None:
    evidence = evidence_of(each(A, 500, 510, None, 530), each(B, 400, None, 420, 440), each(C, None, 300))
    pair, none = evidence.sample({A.id: 1.0, B.id: -1.0}), evidence.sample({B.id: 1.0, C.id: -1.0})
    assert pair is not None
    assert pair.value_R == pytest.approx([0.1, 0.09])
    assert none is None
    assert evidence.sample({A.id: 1.0, D.id: -1.0}) is None
    assert evidence.sample({}) is None
    assert evidence.num_replicates(A.id) == 3


def test_without_a_common_replicate_a_difference_is_that_of_the_means() -> None:
    evidence = evidence_of(each(A, 500, 520), each(B, None, None, 440, 400, 420), each(C, 600, 640, 560, 540, 550))
    one, other, found = evidence.accuracy(A.id), evidence.accuracy(B.id), evidence.difference(A.id, B.id)
    assert one is not None
    assert other is not None
    # C was by 0.07 better where A was trained than where B was
    assert found.value == pytest.approx((0.51 - 0.42) - 0.07)
    assert found.error == pytest.approx(hypot(one.error, other.error))
    assert found.freedom == min(one.freedom, other.freedom)


def test_records_without_images_cannot_be_paired() -> None:
    results = [*each(A, 500, 520), *map(without_bits, each(B, 400, 420)), *each(C, 600, 610)]
    evidence = evidence_of(results)
    assert evidence.sample({A.id: 1.0, B.id: -1.0}) is None
    assert evidence.sample({A.id: 1.0, C.id: -1.0}) is not None
    assert means(evidence, A, B, C) == pytest.approx([0.51, 0.41, 0.605])
    paired, whole = evidence.accuracy(A.id), evidence.accuracy(B.id)
    assert paired is not None
    assert whole is not None
    assert whole.error > paired.error  # its images are not told from those that are easy for all
    mixed = evidence_of([*each(A, 500), without_bits(each(A, None, 520)[0])], each(B, 400, 420))
    sample = mixed.sample({A.id: 1.0, B.id: -1.0})
    assert sample is not None
    assert sample.value_R == pytest.approx([0.1])


def test_records_of_other_images_cannot_be_paired() -> None:
    evidence = evidence_of([trained(A, 1, right(5, 10)), trained(B, 1, right(4, 8))])
    assert evidence.sample({A.id: 1.0, B.id: -1.0}) is None
    assert means(evidence, A, B) == [0.5, 0.5]


def test_only_whole_trainings_of_the_plan_count_each_once() -> None:
    other = Fidelity(image_size=32, epochs=3)

    def changed(num: int, **more: object) -> Refined:
        result = each(A, num)[0]
        return result.model_copy(update={"task": Task(**(dict(result.task) | more))})

    stranger = PLAIN[9]
    evidence = evidence_of(
        [changed(100, fidelity=other), changed(200, until_epoch=1), changed(300), changed(400, until_epoch=2)],
        [*each(stranger, 900), changed(350, replicate=7)],
    )
    assert {name: list(known) for name, known in evidence.trained.items()} == {A.id: [1, 7]}
    assert means(evidence, A) == pytest.approx([0.325])
    assert evidence.trained[A.id][1].metrics["accuracy"].value == 0.3


def test_one_network_alone_is_judged_by_itself() -> None:
    """Students's t of its accuracies: they vary by more than its images."""
    evidence = evidence_of(each(A, 500, 540, 580))
    found = evidence.accuracy(A.id)
    assert found is not None
    assert found.interval() == pytest.approx(stats.t.interval(0.95, 2, loc=0.54, scale=stats.sem([0.5, 0.54, 0.58])))
    # of equal accuracies the images are left: 0.25 / 999 each
    equal = evidence_of(each(A, 500, 500)).accuracy(A.id)
    assert equal is not None
    assert equal.error == pytest.approx(sqrt(0.25 / 999 / 2))


def test_networks_that_are_alone_tell_nothing_of_luck() -> None:
    """What replicates do to all is in what they vary by."""
    evidence = evidence_of(each(A, 500, 540), each(B, None, None, 600, 650), each(C, *[None] * 4, 700, 640))
    assert evidence.luck == Luck()
    assert means(evidence, A, B, C) == pytest.approx([0.52, 0.625, 0.67])


def test_the_error_of_an_accuracy_leaves_out_what_all_share() -> None:
    """Residuals are -0.01, 0.01 and 0 in the first replicate and the opposite in the second; replicates do not matter.

    Half of a network's freedom and a third, that of the mean of all, are taken off: they vary by 3/2 of what they seem.
    """
    rows = {A: (510, 690), B: (590, 810), C: (700, 900)}
    evidence = evidence_of(*(each(network, *nums) for network, nums in rows.items()))
    assert means(evidence, A, B, C) == pytest.approx([0.6, 0.7, 0.8])
    assert evidence.luck.most == pytest.approx((3 - 1) * (2 - 1))
    bits_RMN = np.array([[right(nums[replicate]) for nums in rows.values()] for replicate in (0, 1)], float)
    own_RMN = bits_RMN - bits_RMN.mean(axis=1, keepdims=True)
    image_variance_M = own_RMN.var(axis=2, ddof=1).mean(axis=0) / 1000 * 3 / 2
    for network, deviation, images in zip(rows, (0.01, 0.01, 0.0), image_variance_M, strict=True):
        sample = Sample(np.array([-1, 1]) * deviation * sqrt(3 / 2), float(images), 1.0)
        expected, found = estimate(sample, evidence.luck), evidence.accuracy(network.id)
        assert found is not None
        assert (found.error, found.freedom) == pytest.approx((expected.error, expected.freedom))


def test_images_that_replicates_share_leave_their_error() -> None:
    groups = each(A, 500, 500), each(B, 600, 600), each(C, 700, 700)
    apart, same = evidence_of(*groups).accuracy(A.id), evidence_of(*groups, overlap=1.0).accuracy(A.id)
    assert apart is not None
    assert same is not None
    # nothing varies but images: with the same ones a second replicate takes nothing off
    assert same.error == pytest.approx(sqrt(2) * apart.error)
    assert same.freedom == inf


def test_replicates_with_few_others_say_less() -> None:
    """A and B go on for two replicates, C and D do not.

    How these replicates stand to the first two, A and B say with a variance of (1/2 + 1/2) / 2. Half of that way lies
    between the replicates of A and those of C, and each is halfway from the mean of all: a variance of 1/2 / 16, and
    4/3 of that for what the mean takes off.
    """
    rest = [*each(C, 700, 690), *each(D, 650, 640)]
    evidence = evidence_of(each(A, 500, 520, 510, 510), each(B, 600, 610, 605, 605), rest)
    for network, num in ((A, 4), (C, 2)):
        found, sample = evidence.accuracy(network.id), evidence._own[network.id].sample
        assert found is not None
        assert sample.freedom == num - 1
        assert found.error**2 == pytest.approx(evidence.luck.variance_of(sample)[0] * (1 / num + 1 / 32 * 4 / 3))


def test_luck_is_not_what_replicates_do_to_all() -> None:
    """Replicates lie apart by 0.1, networks in them by 0.01 of luck, that of images among it."""
    generator = np.random.default_rng(0)
    shift_R = generator.normal(0, 0.1, 4)
    results = []
    for network, level in zip(PLAIN, np.linspace(0.4, 0.6, len(PLAIN)), strict=True):
        nums = [round(1000 * (level + shift + generator.normal(0, 0.01))) for shift in shift_R]
        results += [without_bits(result) for result in each(network, *nums)]
    evidence = Evidence(plan_of(*PLAIN), results, {})
    own = [evidence._own[network.id].sample.own for network in PLAIN]
    assert np.mean(own) == pytest.approx(1e-4, rel=0.35)
    assert evidence.luck.most == pytest.approx((12 - 1) * (4 - 1))


def test_a_single_training_has_the_usual_luck() -> None:
    """Of a study that knows none yet: 0.005, known with two degrees of freedom, and its images."""
    evidence = evidence_of(each(A, 500), each(B, 600))
    assert evidence.luck == Luck()
    assert not evidence.is_comparable(A.id)
    found, difference = evidence.accuracy(A.id), evidence.difference(A.id, B.id)
    assert found is not None
    own = np.array(right(500), float) - np.array([right(500), right(600)]).mean(axis=0)
    of_images = own.var(ddof=1) / 1000 * 2
    assert found.value == 0.5
    assert found.error == pytest.approx(sqrt(of_images + 0.005**2))
    assert found.freedom == pytest.approx(2)
    assert difference.value == pytest.approx(-0.1)
    assert difference.error == pytest.approx(sqrt(2) * found.error)


def test_a_single_training_takes_its_luck_from_others() -> None:
    evidence = evidence_of(each(A, 500, 520), each(B, 600, 610), each(C, 700, 690), each(D, 650))
    assert all(evidence.is_comparable(network.id) for network in (A, B, C, D))
    single, twice = evidence.accuracy(D.id), evidence.accuracy(A.id)
    assert single is not None
    assert twice is not None
    assert single.error > twice.error
    assert not evidence_of([]).is_comparable(A.id)


def test_costs_are_those_of_the_search_or_of_the_first_training_that_has_one() -> None:
    first, second = (Measurement.exact(value, "GMACs") for value in (1.0, 2.0))
    results = [trained(A, 1, right(5)), trained(A, 2, right(5), gmacs=first), trained(A, 3, right(5), gmacs=second)]
    other = Task(architecture=B, fidelity=Fidelity(image_size=32, epochs=9))
    results.append(trained(B, 1, right(5), gmacs=second).model_copy(update={"task": other}))
    evidence = Evidence(plan_of(A, B), results, {A.id: scored(log(0.5), 0.02, proxy=0.7, params=9.0)})
    assert evidence.measured(A.id, "gmacs") == first
    assert evidence.measured(B.id, "gmacs") == second
    assert evidence.measured(B.id, COST) is None
    assert evidence.measured(C.id, "gmacs") is None
    assert evidence.log_cost(A.id, COST) == pytest.approx((log(0.5), 0.02))
    assert evidence.log_cost(A.id, "params") == (pytest.approx(log(9)), 0)
    assert evidence.proxy(A.id) == accuracy(0.7)
    assert evidence.proxy(B.id) is None


def test_a_metric_may_be_named_without_its_deployment() -> None:
    score = scored(0.0)
    metrics = {"relative_latency@a": latency(1.0), "relative_latency@b": latency(2.0)}
    evidence = Evidence(plan_of(A), [], {A.id: score.model_copy(update={"metrics": metrics})})
    assert evidence.log_cost(A.id, "relative_latency@b")[0] == pytest.approx(2.0)
    assert evidence.log_cost(A.id, COST)[0] == pytest.approx(1.0)


def test_nothing_says_nothing() -> None:
    evidence = evidence_of()
    assert evidence.trained == {}
    assert evidence.luck == Luck()
    assert evidence.accuracy(A.id) is None
