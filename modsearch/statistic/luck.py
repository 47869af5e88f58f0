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


@dataclass(frozen=True)
class Sample:
    """A contrast of networks, such as one minus another, over the replicates in which all of them were trained.

    Attributes:
        value_R: the contrast of accuracies in each replicate.
        image_variance: of one such value, by the choice of validation images alone.
        weight: sum of the squared coefficients: 2 for a difference of two networks.
    """

    value_R: _Floats  # noqa: N815
    image_variance: float
    weight: float

    @property
    def freedom(self) -> int:
        """Degrees of freedom of its variance."""
        return len(self.value_R) - 1


@dataclass(frozen=True)
class Luck:
    """What all networks of a study say of the variance over trainings.

    Attributes:
        variance: of one network's accuracy by the luck of training, that of images left out.
        factor: by which variances of contrasts exceed what this and the images foretell, in the middle of networks.
        freedom: how many degrees of freedom that is worth: few where networks differ much in it, and no more than all
            their trainings have.
    """

    variance: float = 0.0
    factor: float = 1.0
    freedom: float = 0.0

    def foretold(self, sample: Sample) -> float:
        """The variance of one value of a contrast, before it is looked at."""
        return sample.image_variance + sample.weight * self.variance

    def variance_of(self, sample: Sample) -> tuple[float, float]:
        """The variance of one value of a contrast by both, and its degrees of freedom."""
        own = float(np.var(sample.value_R, ddof=1)) if sample.freedom else 0.0
        total = self.freedom + sample.freedom
        if not total:
            raise ValueError("one training tells nothing of luck, and no other network does")
        prior = self.freedom * self.factor * self.foretold(sample)
        return max(sample.image_variance, (prior + sample.freedom * own) / total), total


def study_luck(samples: Sequence[Sample]) -> Luck:
    """Learn from contrasts of a study, best one for each network that is trained more than once.

    Nothing is learnt from fewer than three.
    """
    known = [sample for sample in samples if sample.freedom > 0]
    if len(known) < 3:
        return Luck()
    freedom_G = np.array([sample.freedom for sample in known], float)
    own_G = np.array([np.var(sample.value_R, ddof=1) for sample in known])
    image_G = np.array([sample.image_variance for sample in known])
    weight_G = np.array([sample.weight for sample in known])
    variance = max(0.0, float(np.average((own_G - image_G) / weight_G, weights=freedom_G)))
    foretold_G = image_G + weight_G * variance
    factor, freedom = _prior(own_G / foretold_G, freedom_G)
    return Luck(variance, factor, min(freedom, float(freedom_G.sum())))


def _prior(ratio_G: _Floats, freedom_G: _Floats) -> tuple[float, float]:
    """Middle and degrees of freedom of the distribution that sample variances are drawn around, by moments of logs."""
    is_known_G = ratio_G > 0
    log_G = np.log(ratio_G[is_known_G]) - digamma(freedom_G[is_known_G] / 2) + np.log(freedom_G[is_known_G] / 2)
    excess = float(np.var(log_G, ddof=1) - np.mean(polygamma(1, freedom_G[is_known_G] / 2)))
    if excess <= float(polygamma(1, _MOST_FREEDOM / 2)):
        return float(np.average(ratio_G, weights=freedom_G)), inf
    half = float(brentq(lambda value: float(polygamma(1, value)) - excess, 1e-3, _MOST_FREEDOM))
    return exp(float(np.mean(log_G)) + float(digamma(half)) - log(half)), 2 * half
