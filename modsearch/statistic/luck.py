"""Luck: how far accuracies of one network lie apart over trainings, told from few of them by what all networks show.

Three trainings say little of their own variance. What images contribute to it is known from each image's result; what
is left is the luck of training, which networks of one study share but for a factor. That factor's spread over networks
is estimated as well, and decides how much each network's own trainings count (the moderated t of Smyth, Stat. Appl.
Genet. Mol. Biol. 3, 2004).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import digamma, polygamma

_Floats = NDArray[np.float64]
_MOST_FREEDOM = 1e6  # beyond it a prior is as good as certain
_FEWEST = 3
_LEAST_RATIO = 1e-5  # of the median: variances of accuracies that happen to be equal would say anything


@dataclass(frozen=True, eq=False)
class Sample:
    """A contrast of networks, such as one minus another, over the replicates in which all of them were trained.

    Attributes:
        value_R: the contrast of accuracies in each replicate.
        image_variance: of one such value, by the choice of its validation images.
        weight: sum of the squared coefficients: 2 for a difference of two networks.
        overlap: share of validation images that two replicates have in common.
    """

    value_R: _Floats  # noqa: N815
    image_variance: float
    weight: float
    overlap: float = 0.0

    @property
    def freedom(self) -> int:
        """Degrees of freedom of its variance."""
        return len(self.value_R) - 1

    @property
    def own(self) -> float:
        """Its variance over replicates; 0 for a single one."""
        return float(np.var(self.value_R, ddof=1)) if self.freedom else 0.0

    @property
    def fresh(self) -> float:
        """The part of the image variance that differs from one replicate to another."""
        return (1 - self.overlap) * self.image_variance

    @property
    def shared(self) -> float:
        """The part that all replicates have in common, which no number of them takes off."""
        return self.overlap * self.image_variance


@dataclass(frozen=True)
class Luck:
    """What all networks of a study say of the variance over trainings.

    Attributes:
        variance: of one network's accuracy by the luck of training, that of images left out.
        factor: by which variances of contrasts exceed what this and the images foretell, in the middle of networks.
        freedom: how many degrees of freedom that is worth: few where networks differ much in it.
        most: degrees of freedom of all trainings together, beyond which no variance is known.
    """

    variance: float = 0.0
    factor: float = 1.0
    freedom: float = 0.0
    most: float = inf

    def foretold(self, sample: Sample) -> float:
        """The variance over replicates of a contrast, before it is looked at."""
        return sample.fresh + sample.weight * self.variance

    def variance_of(self, sample: Sample) -> tuple[float, float]:
        """The variance over replicates of a contrast by both, and its degrees of freedom.

        Raises:
            ValueError: it was trained once, and nothing was learnt from others.
        """
        total = self.freedom + sample.freedom
        if not total:
            raise ValueError("one training tells nothing of luck, and no other network does")
        prior = self.freedom * self.factor * self.foretold(sample)
        return max(sample.fresh, (prior + sample.freedom * sample.own) / total), min(total, self.most)


def study_luck(samples: Sequence[Sample]) -> Luck:
    """Learn from contrasts of a study: of each network that was trained more than once, against the mean of all.

    In each replicate, so that what it does to all networks alike, by its images and their order, is no luck of theirs.
    Nothing is learnt from fewer than three networks, nor where nothing varies.
    """
    known = [sample for sample in samples if sample.freedom > 0]
    if len(known) < _FEWEST:
        return Luck()
    freedom_G = np.array([sample.freedom for sample in known], float)
    own_G = np.array([sample.own for sample in known])
    fresh_G = np.array([sample.fresh for sample in known])
    weight_G = np.array([sample.weight for sample in known])
    variance = max(0.0, float(np.average((own_G - fresh_G) / weight_G, weights=freedom_G)))
    foretold_G = fresh_G + weight_G * variance
    if not foretold_G.all():
        return Luck()
    most = float(freedom_G.sum()) * (1 - 1 / len(known))  # but for those of their mean
    factor, freedom = _prior(own_G / foretold_G, freedom_G)
    return Luck(variance, factor, min(freedom, most), most)


def _prior(ratio_G: _Floats, freedom_G: _Floats) -> tuple[float, float]:
    """Middle and degrees of freedom of the distribution that sample variances are drawn around, by moments of logs."""
    average = float(np.average(ratio_G, weights=freedom_G))
    middle = float(np.median(ratio_G))
    if not middle:
        return average, inf
    log_G = np.log(np.maximum(ratio_G, _LEAST_RATIO * middle)) - digamma(freedom_G / 2) + np.log(freedom_G / 2)
    excess = float(np.var(log_G, ddof=1) - np.mean(polygamma(1, freedom_G / 2)))
    if excess <= float(polygamma(1, _MOST_FREEDOM / 2)):
        return average, inf
    half = float(brentq(lambda value: float(polygamma(1, value)) - excess, 1e-3, _MOST_FREEDOM))
    return exp(float(np.mean(log_G)) + float(digamma(half)) - log(half)), 2 * half
