"""The difference of two accuracies, with its interval."""

import base64
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
from scipy.stats import binomtest

from modsearch.record import Score
from modsearch.statistic.interval import Z_95

_FEWEST_NORMAL = 25

Bits = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Difference:
    """One accuracy minus another, as fractions, with a 95 % interval.

    Between two measured accuracies the interval covers the choice of validation images, and not the luck of one
    training run. The images must not be those by which one of the two was chosen for its accuracy: it would look better
    than it is.

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
    """McNemar's test on the discordant images as an interval: exact below 25 of them, above that by a normal one."""
    num_images = len(bits)
    won, lost = int(np.sum(bits & ~other_bits)), int(np.sum(~bits & other_bits))
    value = (won - lost) / num_images
    if won + lost < _FEWEST_NORMAL:
        low, high = _exact_ends(won, lost, num_images)
    else:
        half = Z_95 * sqrt(won + lost - (won - lost) ** 2 / num_images) / num_images
        low, high = value - half, value + half
    return Difference(value, low, high, is_paired=True)


def _exact_ends(won: int, lost: int, num_images: int) -> tuple[float, float]:
    """Clopper and Pearson's interval for the share of the discordant images that were won, as a difference.

    It holds 0 exactly where the exact test does not reject at 5 %. How many images are discordant is taken as given;
    where none is, the share of such images is below the bound at which that has a chance of 2.5 %.
    """
    discordant = won + lost
    if discordant == 0:
        most = 1 - 0.025 ** (1 / num_images)
        return -most, most
    share = binomtest(won, discordant).proportion_ci(0.95, method="exact")
    low, high = ((2 * end - 1) * discordant / num_images for end in (share.low, share.high))
    return float(low), float(high)


def _unpaired(one: Score, other: Score) -> Difference:
    """The two intervals combined as for independent samples, each side with the arms that point its way (Newcombe)."""
    a, b = one.metrics["accuracy"], other.metrics["accuracy"]
    value = a.value - b.value
    low = value - hypot(a.value - a.low, b.high - b.value)
    high = value + hypot(a.high - a.value, b.value - b.low)
    return Difference(value, low, high, is_paired=False)
