"""The difference of two accuracies, with its interval."""

import base64
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

from modsearch.record import Score

_Z_95 = 1.96

Bits = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Difference:
    """One accuracy minus another, as fractions, with a 95 % interval.

    The interval covers the choice of validation images. It does not cover the luck of one training run.

    Attributes:
        value: the difference.
        low: lower end of the interval.
        high: upper end of the interval.
        is_paired: it was taken image by image, on the same images.
    """

    value: float
    low: float
    high: float
    is_paired: bool

    @property
    def is_within_noise(self) -> bool:
        """Whether the interval holds 0."""
        return self.low <= 0 <= self.high


def accuracy_difference(one: Score, other: Score) -> Difference:
    """The accuracy of ``one`` minus that of ``other``: image by image where both records allow it."""
    bits, other_bits = correct_images(one), correct_images(other)
    if bits is not None and other_bits is not None and len(bits) == len(other_bits):
        return _paired(bits, other_bits)
    return _unpaired(one, other)


def correct_images(score: Score) -> Bits | None:
    """For each validation image, whether it was classified correctly; None where this was not recorded."""
    if not score.correct:
        return None
    num_images = score.metrics["accuracy"].num_samples
    packed = np.frombuffer(base64.b64decode(score.correct), np.uint8)
    if len(packed) != -(-num_images // 8):
        return None
    return np.unpackbits(packed, count=num_images).astype(bool)


def _paired(bits: Bits, other_bits: Bits) -> Difference:
    """Wald's interval on the discordant images, the standard error that belongs to McNemar's test."""
    num_images = len(bits)
    won, lost = int(np.sum(bits & ~other_bits)), int(np.sum(~bits & other_bits))
    value = (won - lost) / num_images
    half = _Z_95 * sqrt(won + lost - (won - lost) ** 2 / num_images) / num_images
    return Difference(value, value - half, value + half, is_paired=True)


def _unpaired(one: Score, other: Score) -> Difference:
    """The two intervals combined as for independent samples, each side with the arms that point its way (Newcombe)."""
    a, b = one.metrics["accuracy"], other.metrics["accuracy"]
    value = a.value - b.value
    low = value - hypot(a.value - a.low, b.high - b.value)
    high = value + hypot(a.high - a.value, b.value - b.low)
    return Difference(value, low, high, is_paired=False)
