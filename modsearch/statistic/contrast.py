"""Contrast: a difference of accuracies over several trainings, with all that is known of its uncertainty."""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from modsearch.statistic.interval import TAIL_95
from modsearch.statistic.luck import Luck, Sample

_EQUIVALENT = 0.95  # below the upper end of a 90 % interval, as two one-sided tests at 5 % have it
_LEAST_SHARE = 1e-6


@dataclass(frozen=True)
class Estimate:
    """A value that is known as a t distribution.

    Attributes:
        value: its middle.
        error: standard error.
        freedom: degrees of freedom; infinite for a normal distribution.
    """

    value: float
    error: float
    freedom: float

    def interval(self, tail: float = TAIL_95) -> tuple[float, float]:
        """The ends between which it lies, with ``1 - tail`` beyond each of them; 95 % in the middle by default."""
        half = _quantile(tail, self.freedom) * self.error
        return self.value - half, self.value + half

    def above(self, bound: float) -> float:
        """One-sided p-value of the hypothesis that it is at most ``bound``."""
        if self.error == 0:
            return float(self.value <= bound)
        t = (bound - self.value) / self.error
        return float(ndtr(t) if self.freedom == inf else stdtr(self.freedom, t))

    def below(self, bound: float) -> float:
        """One-sided p-value of the hypothesis that it is at least ``bound``."""
        return Estimate(-self.value, self.error, self.freedom).above(-bound)


def estimate(sample: Sample, luck: Luck, other_variance: float = 0.0) -> Estimate:
    """The mean of a contrast over its replicates.

    Args:
        sample: the contrast.
        luck: what the study says of variances.
        other_variance: of the mean, from what is no training and no image, such as a latency.
    """
    one, freedom = luck.variance_of(sample)
    return _of(sample, one, len(sample.value_R), freedom, other_variance)


def _of(sample: Sample, one: float, num: int, freedom: float, other_variance: float) -> Estimate:
    """The mean over so many replicates, the variance of one of which is known with these degrees of freedom."""
    drawn = one / num
    variance = drawn + sample.shared + other_variance
    share = drawn / variance if variance else 1.0
    freedom = freedom / share**2 if share > _LEAST_SHARE else inf  # Satterthwaite: the other parts are known
    return Estimate(float(np.mean(sample.value_R)), sqrt(variance), freedom)


def contrast(
    correct_RMN: NDArray[np.bool_] | NDArray[np.float64], coefficient_M: NDArray[np.float64], overlap: float = 0.0
) -> Sample:
    """A contrast of M networks over R replicates, each of which has N validation images.

    Args:
        correct_RMN: whether a network gets an image right.
        coefficient_M: of the networks.
        overlap: share of validation images that two replicates have in common.
    """
    value_RN = np.einsum("rmn,m->rn", correct_RMN.astype(np.float64), coefficient_M)
    num_images = value_RN.shape[1]
    return Sample(
        value_R=value_RN.mean(axis=1),
        image_variance=float(value_RN.var(axis=1, ddof=1).mean() / num_images),
        weight=float((coefficient_M**2).sum()),
        overlap=overlap,
    )


def seeds_to_settle(
    sample: Sample, luck: Luck, margin: float, other_variance: float = 0.0, most: int = 1000
) -> int | None:
    """How many replicates it takes until the difference, if it stays, is told from 0 or is within the margin.

    It is as many as there are where that is settled, and None where no number up to ``most`` does: images limit, or
    what else is uncertain.
    """
    one, freedom = luck.variance_of(sample)
    for num in range(len(sample.value_R), most + 1):
        found = _of(sample, one, num, freedom + num - len(sample.value_R), other_variance)
        of_value, of_margin = (_quantile(tail, found.freedom) * found.error for tail in (TAIL_95, _EQUIVALENT))
        if abs(found.value) > of_value or margin - abs(found.value) > of_margin:
            return num
    return None


def _quantile(tail: float, freedom: float) -> float:
    return float(ndtri(tail) if freedom == inf else stdtrit(freedom, tail))
