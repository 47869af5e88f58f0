"""What sets tell about classes, on images drawn from tables whose mutual information is known."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from modsearch.statistic.class_entropy import class_information_bits

NUM_CLASSES, NUM_IMAGES = 10, 5000
SETS = (20, 200, 1000, 2500)  # from 250 images a set to two
LOG_10 = math.log2(NUM_CLASSES)


def favoured(num_sets: int, bits: float) -> NDArray[np.float64]:
    """Distributions over the classes: each set has a class that it comes with more often, all others alike."""
    low, high = 0.0, 1.0
    for _ in range(50):
        favour = (low + high) / 2
        top, other = favour + (1 - favour) / NUM_CLASSES, (1 - favour) / NUM_CLASSES
        told = LOG_10 + top * math.log2(top) + (NUM_CLASSES - 1) * other * math.log2(other)
        low, high = (favour, high) if told < bits else (low, favour)
    return np.full((num_sets, NUM_CLASSES), other) + favour * np.eye(NUM_CLASSES)[np.arange(num_sets) % NUM_CLASSES]


def counts(
    class_SK: NDArray[np.float64], set_S: NDArray[np.float64], num_images: int = NUM_IMAGES
) -> NDArray[np.int64]:
    """Images by set and class; sets without an image are left out."""
    joint_A = (set_S[:, None] * class_SK).ravel()
    found_SK = np.random.default_rng(0).multinomial(num_images, joint_A / joint_A.sum()).reshape(class_SK.shape)
    return found_SK[found_SK.sum(axis=1) > 0]


def true_bits(class_SK: NDArray[np.float64], set_S: NDArray[np.float64]) -> float:
    share_SK = set_S[:, None] / set_S.sum() * class_SK
    independent_SK = share_SK.sum(axis=0) * share_SK.sum(axis=1, keepdims=True)
    kept = share_SK > 0
    return float((share_SK[kept] * np.log2(share_SK[kept] / independent_SK[kept])).sum())


@pytest.mark.parametrize("num_sets", SETS)
def test_sets_that_tell_nothing(num_sets: int) -> None:
    alike = np.full((num_sets, NUM_CLASSES), 1 / NUM_CLASSES)
    assert class_information_bits(counts(alike, np.ones(num_sets))) < 0.05


@pytest.mark.parametrize("num_sets", SETS)
def test_sets_that_tell_all(num_sets: int) -> None:
    own = np.eye(NUM_CLASSES)[np.arange(num_sets) % NUM_CLASSES]
    assert class_information_bits(counts(own, np.ones(num_sets))) == pytest.approx(LOG_10, abs=0.03)


@pytest.mark.parametrize("num_sets", SETS)
@pytest.mark.parametrize("bits", [0.3, 1.0, 2.07])
def test_sets_with_a_favoured_class(num_sets: int, bits: float) -> None:
    """Of 2.07 bits in 1,000 sets the plug-in estimate makes 2.7, and 1.4 without what shuffled labels seem to tell."""
    table = favoured(num_sets, bits)
    assert true_bits(table, np.ones(num_sets)) == pytest.approx(bits, abs=1e-6)
    assert class_information_bits(counts(table, np.ones(num_sets))) == pytest.approx(bits, abs=0.1)


@pytest.mark.parametrize("num_sets", SETS)
@pytest.mark.parametrize("spread", [0.1, 1.0, 10.0])
def test_sets_of_any_distributions(num_sets: int, spread: float) -> None:
    """A few sets have most images, as where a few channels win mostly."""
    table = np.random.default_rng(1).dirichlet(np.full(NUM_CLASSES, spread), num_sets)
    often = 1 / np.arange(1, num_sets + 1)
    found = class_information_bits(counts(table, often))
    assert found == pytest.approx(true_bits(table, often), abs=0.1)


@pytest.mark.parametrize("num_rare", SETS)
def test_common_sets_that_tell_among_rare_ones_that_do_not(num_rare: int) -> None:
    share = 2.07 / LOG_10
    table = np.concatenate([np.eye(NUM_CLASSES), np.full((num_rare, NUM_CLASSES), 1 / NUM_CLASSES)])
    often = np.concatenate([np.full(NUM_CLASSES, share / NUM_CLASSES), np.full(num_rare, (1 - share) / num_rare)])
    assert true_bits(table, often) == pytest.approx(2.07, abs=1e-6)
    assert class_information_bits(counts(table, often)) == pytest.approx(2.07, abs=0.1)


def test_few_images() -> None:
    table = favoured(20, 1.0)
    assert class_information_bits(counts(table, np.ones(20), 500)) == pytest.approx(1.0, abs=0.15)


def test_a_prior_around_unequal_classes() -> None:
    share_K = np.arange(1, NUM_CLASSES + 1) / 55
    alike = np.broadcast_to(share_K, (200, NUM_CLASSES))
    assert class_information_bits(counts(alike, np.ones(200))) < 0.05


def test_counts_by_hand() -> None:
    assert class_information_bits(np.array([[100, 0], [0, 100]])) == pytest.approx(1, abs=0.01)
    assert class_information_bits(np.array([[50, 50], [50, 50]])) == pytest.approx(0, abs=1e-3)
    assert class_information_bits(np.array([[7, 0, 3]])) == pytest.approx(0, abs=1e-3)  # a class without an image
