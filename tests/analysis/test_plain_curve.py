"""What is expected of plain networks: against simulated studies whose truth is known, and in the smallest cases."""

from collections.abc import Sequence
from functools import cache
from math import log2, sqrt
from statistics import NormalDist

import numpy as np
import pytest

from modsearch.analysis import accuracy_difference
from modsearch.analysis.difference import Difference
from modsearch.analysis.front import front_info
from modsearch.analysis.mod_benefit import mod_benefit
from modsearch.analysis.plain_curve import plain_curve
from modsearch.analysis.point import FrontPoint, scored_points
from modsearch.architecture import Architecture
from modsearch.record import Measurement, Score, Trial
from tests.analysis.small_study import MOD, PLAIN, SPEC, TINY, network, packed, score, trial

NUM_IMAGES, NUM_STUDIES = 5000, 100
LUCK = 0.005
COUNTS = [(a, b, c) for a in (1, 2, 3) for b in (1, 2, 3) for c in (1, 2, 3)]
STEEP, FLAT = (0.015, 0.02, 0.02), (0.0, 0.0, 0.0)  # of accuracy for twice the blocks of a stage


def simulated(generator: np.random.Generator, slopes: Sequence[float], gain: float, is_costly: bool) -> list[Trial]:
    """Six plain networks on a curve, and a MoD network that is ``gain`` better than the best that costs no more.

    It costs as much as any of them, or as the costliest. Some images are hard for every network. Bits are drawn from
    the accuracy that a training with its luck would have.
    """
    hardness_I = generator.standard_normal(NUM_IMAGES)

    def drawn(accuracy: float, cost: float) -> Score:
        bar = NormalDist().inv_cdf(accuracy + LUCK * generator.standard_normal())
        bits = 0.75 * hardness_I + sqrt(1 - 0.75**2) * generator.standard_normal(NUM_IMAGES) < bar
        half = 1.96 * sqrt(bits.mean() * (1 - bits.mean()) / NUM_IMAGES)
        ends = {"value": bits.mean(), "low": bits.mean() - half, "high": bits.mean() + half}
        accuracy_found = Measurement(**ends, num_samples=NUM_IMAGES, unit="fraction")
        metrics = score(0.5, cost).metrics | {"accuracy": accuracy_found}
        return Score(metrics=metrics, correct=packed(bits))

    counts = [COUNTS[index] for index in generator.choice(len(COUNTS), 6, replace=False)]
    costs = [sum(depths) / 9 + 0.001 * index for index, depths in enumerate(counts)]
    truths = [0.66 + sum(slope * log2(num) for slope, num in zip(slopes, depths, strict=True)) for depths in counts]
    budget = max(costs) if is_costly else costs[generator.integers(6)]
    best = max(truth for truth, cost in zip(truths, costs, strict=True) if cost <= budget)
    plain = [network(*("S" * num for num in depths)) for depths in counts]
    trials = [
        trial(number, architecture, drawn(truth, cost))
        for number, (architecture, truth, cost) in enumerate(zip(plain, truths, costs, strict=True))
    ]
    return [*trials, trial(6, MOD, drawn(best + gain, budget))]


@cache
def verdicts(slopes: tuple[float, ...], gain: float, is_costly: bool) -> tuple[float, float, float]:
    """The shares of studies in which the MoD network is said to gain and to lose; and to lose against the luckiest."""
    generator = np.random.default_rng(12)
    gains, losses, losses_to_luckiest = 0, 0, 0
    for _ in range(NUM_STUDIES):
        trials = simulated(generator, slopes, gain, is_costly)
        [found] = mod_benefit(front_info(trials, SPEC)).networks
        assert found.against_best_plain is not None
        difference = found.against_best_plain.gain
        gains, losses = gains + (difference.low > 0), losses + (difference.high < 0)
        budget = found.point.scores["relative_latency"].value
        plain = [point for point in scored_points(trials[:-1]) if point.scores["relative_latency"].value <= budget]
        luckiest = max(plain, key=lambda point: point.scores["accuracy"].value)
        losses_to_luckiest += accuracy_difference(found.point.score, luckiest.score).high < 0
    return gains / NUM_STUDIES, losses / NUM_STUDIES, losses_to_luckiest / NUM_STUDIES


@pytest.mark.parametrize("is_costly", [False, True])
@pytest.mark.parametrize("slopes", [STEEP, FLAT], ids=["steep", "flat"])
def test_a_mod_network_that_is_as_good_is_rarely_called_better_or_worse(
    slopes: tuple[float, ...], is_costly: bool
) -> None:
    false_gains, false_losses, _ = verdicts(slopes, 0.0, is_costly)
    assert false_gains <= 0.05
    assert false_losses <= 0.05


def test_against_the_luckiest_of_six_equal_ones_a_quarter_would_lose() -> None:
    """Why the plain networks are not taken as they were measured."""
    assert verdicts(FLAT, 0.0, is_costly=True)[2] > 0.2


@pytest.mark.parametrize("gain", [0.03, -0.03])
def test_three_points_are_mostly_found(gain: float) -> None:
    gains, losses, _ = verdicts(STEEP, gain, is_costly=True)
    found, wrong = (gains, losses) if gain > 0 else (losses, gains)
    assert found > 0.6
    assert wrong == 0


def points(*scored: tuple[Architecture, float]) -> list[FrontPoint]:
    return scored_points(
        [trial(number, architecture, score(accuracy, 0.5)) for number, (architecture, accuracy) in enumerate(scored)]
    )


def gain(plain: list[FrontPoint], index: int, accuracy: float) -> Difference:
    return plain_curve(plain).gain(points((MOD, accuracy))[0], index)


def test_one_plain_network_counts_as_measured_with_the_usual_luck() -> None:
    plain = points((PLAIN, 0.7))
    curve = plain_curve(plain)
    assert curve.expected == pytest.approx([0.7])
    found = gain(plain, 0, 0.76)
    assert found.value == pytest.approx(0.06)
    # Both sides have the noise of their images, an interval of 0.01, and a luck of about half a point.
    half = 1.96 * sqrt(2 * (0.01 / 1.96) ** 2 + 2 * curve.luck_variance)
    assert found.high - found.value == pytest.approx(half, rel=0.01)
    assert 0.004 < sqrt(curve.luck_variance) < 0.01


def test_a_lucky_network_is_taken_down_to_what_the_others_say() -> None:
    others = [(network(*("S" * num for num in depths)), 0.7) for depths in COUNTS[1:9]]
    curve = plain_curve(points((TINY, 0.712), *others))
    assert 0.7 <= curve.expected[0] < 0.704
    assert curve.expected[1:] == pytest.approx(np.full(8, 0.7), abs=0.002)


def test_large_differences_that_go_with_blocks_stay() -> None:
    scored = [(network(*("S" * num for num in depths)), 0.5 + 0.05 * sum(map(log2, depths))) for depths in COUNTS[::3]]
    curve = plain_curve(points(*scored))
    assert curve.expected == pytest.approx([accuracy for _, accuracy in scored], abs=0.003)


def test_another_backbone_has_a_level_of_its_own() -> None:
    other = Architecture.model_validate(TINY.model_dump() | {"stem": "imagenet"})
    cifar = [(network(*("S" * num for num in depths)), 0.7) for depths in COUNTS[:6]]
    curve = plain_curve(points(*cifar, (other, 0.5)))
    assert curve.expected[-1] == pytest.approx(0.5, abs=0.003)
    assert curve.expected[0] == pytest.approx(0.7, abs=0.003)


def test_what_is_expected_is_a_mean_of_what_was_measured() -> None:
    """A constant on all accuracies is a constant on what is expected, whatever is learnt."""
    scored = [(network(*("S" * num for num in depths)), 0.6 + 0.01 * index) for index, depths in enumerate(COUNTS[:5])]
    low, high = (
        plain_curve(points(*((architecture, value + shift) for architecture, value in scored))) for shift in (0.0, 0.2)
    )
    assert high.expected == pytest.approx(low.expected + 0.2, abs=1e-6)
    assert low.weights.sum(axis=1) == pytest.approx(np.ones(5))
