"""Differences of accuracies, paired and unpaired."""

from math import comb, sqrt

import hypothesis.strategies as st
import pytest
from hypothesis import given

from modsearch.analysis import accuracy_difference
from modsearch.record import Measurement, Score
from tests.analysis.small_study import packed, score


def score_of(bits, num_samples=None):
    value = sum(bits) / len(bits)
    accuracy = Measurement(
        value=value, low=value - 0.1, high=value + 0.1, num_samples=num_samples or len(bits), unit="fraction"
    )
    return Score(metrics={"accuracy": accuracy}, correct=packed(bits))


def discordant(won, lost, num_images=100):
    """Of two networks that differ in so many images: those are right only for the first, or only for the second."""
    same = [1] * (num_images - won - lost)
    return accuracy_difference(
        score_of(same + [1] * won + [0] * lost),
        score_of(same + [0] * won + [1] * lost),
    )


def test_many_discordant_images_by_hand():
    found = discordant(20, 5)
    half = 1.959964 * sqrt(20 + 5 - 15**2 / 100) / 100
    assert found.is_paired
    assert (found.value, found.low, found.high) == pytest.approx((0.15, 0.15 - half, 0.15 + half))
    assert not found.is_within_noise


@pytest.mark.parametrize(
    ("won", "lost", "p_value"),
    [
        (5, 0, 2 / 2**5),  # 0.0625
        (6, 0, 2 / 2**6),  # 0.031
        (1, 7, 2 * (1 + 8) / 2**8),  # 0.0703
        (8, 1, 2 * (1 + 9) / 2**9),  # 0.039
        (2, 12, 2 * (1 + 14 + 91) / 2**14),  # 0.0129
        (7, 17, 2 * (1 + 24 + 276 + 2024 + 10626 + 42504 + 134596 + 346104) / 2**24),  # 0.0639
        (6, 18, 2 * (1 + 24 + 276 + 2024 + 10626 + 42504 + 134596) / 2**24),  # 0.0227
        (4, 4, 1.0),
    ],
)
def test_few_discordant_images_are_tested_exactly(won, lost, p_value):
    """McNemar's exact test, added up by hand: the interval holds 0 exactly where it does not reject at 5 %."""
    assert discordant(won, lost).is_within_noise == (p_value >= 0.05)


def test_the_exact_interval_by_hand():
    # The probability of winning all 6 is 2.5 % at 0.025 ** (1 / 6); at 1 they are won for certain.
    found = discordant(6, 0)
    assert (found.value, found.low, found.high) == pytest.approx((0.06, (2 * 0.025 ** (1 / 6) - 1) * 0.06, 0.06))


def test_the_tails_of_the_exact_interval_hold_two_and_a_half_percent():
    found = discordant(12, 2)
    low, high = ((end / 0.14 + 1) / 2 for end in (found.low, found.high))
    assert sum(comb(14, k) * low**k * (1 - low) ** (14 - k) for k in range(12, 15)) == pytest.approx(0.025)
    assert sum(comb(14, k) * high**k * (1 - high) ** (14 - k) for k in range(13)) == pytest.approx(0.025)


def test_networks_that_differ_in_no_image_are_not_surely_the_same():
    found = discordant(0, 0)
    assert (1 - found.high) ** 100 == pytest.approx(0.025)  # of seeing no such image among 100
    assert found.low == -found.high


def test_the_bits_beyond_the_last_image_do_not_count():
    found = accuracy_difference(score_of([1, 1, 0]), score_of([1, 0, 0]))
    assert found.value == pytest.approx(1 / 3)
    assert found.is_within_noise


def test_unpaired_difference_by_hand():
    # Each arm of the difference is the hypotenuse of two arms of 0.01.
    found = accuracy_difference(score(0.75, 1), score(0.70, 1))
    half = 0.01 * sqrt(2)
    assert not found.is_paired
    assert (found.value, found.low, found.high) == pytest.approx((0.05, 0.05 - half, 0.05 + half))
    assert accuracy_difference(score(0.71, 1), score(0.70, 1)).is_within_noise


@pytest.mark.parametrize("other", [score_of([1] * 16), score_of([1] * 8, num_samples=40)], ids=["sizes", "bytes"])
def test_bits_of_other_splits_are_not_paired(other):
    assert not accuracy_difference(score_of([1, 0] * 4), other).is_paired


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_paired_differences_are_antisymmetric(pairs):
    one, other = (score_of([int(bit) for bit in bits]) for bits in zip(*pairs, strict=True))
    there, back = accuracy_difference(one, other), accuracy_difference(other, one)
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
    assert there.value == pytest.approx(one.metrics["accuracy"].value - other.metrics["accuracy"].value)
