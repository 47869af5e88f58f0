"""Differences of accuracies, paired and unpaired."""

from math import sqrt

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


def test_paired_difference_by_hand():
    # Of 100 images, 12 are right only for the first network and 2 only for the second.
    one = [1] * 70 + [1] * 12 + [0] * 2 + [0] * 16
    other = [1] * 70 + [0] * 12 + [1] * 2 + [0] * 16
    found = accuracy_difference(score_of(one), score_of(other))
    half = 1.96 * sqrt(12 + 2 - 10**2 / 100) / 100
    assert found.is_paired
    assert (found.value, found.low, found.high) == pytest.approx((0.10, 0.10 - half, 0.10 + half))
    assert not found.is_within_noise


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
