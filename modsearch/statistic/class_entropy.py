"""How much of a class is left open by a set of channels, from few images of each of many sets.

Entropies of counts are too low, the more so the fewer images a set has, so that sets seem to tell what they do not;
taking off what shuffled labels seem to tell is right where sets tell nothing, and far too much where they tell the
class. Here each set's distribution over the classes is drawn from a prior that the sets themselves choose: a mixture
whose weights maximise the likelihood of all counts (Kiefer and Wolfowitz, Ann. Math. Stat. 27, 1956). The entropy of a
set is its mean under the posterior, which has a closed form (Wolpert and Wolf, Phys. Rev. E 52, 1995).
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

_Floats = NDArray[np.float64]

_NUM_STEPS = 300  # of expectation and maximisation: the weights are known well enough long before
_SPREADS = tuple(np.logspace(-2, 4, 13).tolist())  # from a class of its own for each set to the same for all
_FAVOURS = tuple((np.arange(1, 32) / 32).tolist())
_SURE = 300.0  # as many images a set needs to count as much as the favour does


def class_information_bits(count_SK: NDArray[np.int64]) -> float:
    """What sets tell about classes, in bits, for counts of images by set and class: S sets, K classes."""
    present_K = count_SK.sum(axis=0)
    share_K = present_K[present_K > 0] / present_K.sum()
    counts = _Counts.of(count_SK[:, present_K > 0])
    columns = [_component(counts, share_K, spread, 0.0) for spread in _SPREADS]
    columns += [_component(counts, share_K, _SURE, favour) for favour in _FAVOURS]
    posterior_RM = _posterior(np.stack([column[0] for column in columns], axis=1), counts.num_sets_R)
    open_R = (posterior_RM * np.stack([column[1] for column in columns], axis=1)).sum(axis=1)
    entropy = -float((share_K * np.log2(share_K)).sum())
    open_bits = float(np.average(open_R, weights=counts.num_sets_R * counts.num_images_R))
    return min(entropy, max(0.0, entropy - open_bits))


@dataclass(frozen=True, eq=False)
class _Counts:
    """Counts by set and class, each row of them once: of sets with one image there are no more kinds than classes.

    Attributes:
        num_sets_R: how many sets have a row.
        num_images_R: how many images each of them has.
        values_V: the different counts, few, of which functions are worked out once.
        value_RK: which of them stands where.
    """

    num_sets_R: NDArray[np.int64]  # noqa: N815
    num_images_R: NDArray[np.int64]  # noqa: N815
    values_V: NDArray[np.int64]  # noqa: N815
    value_RK: NDArray[np.intp]  # noqa: N815

    @classmethod
    def of(cls, count_SK: NDArray[np.int64]) -> Self:
        """Gather equal rows and equal counts."""
        count_RK, num_sets_R = np.unique(count_SK, axis=0, return_counts=True)
        values_V, value_A = np.unique(count_RK, return_inverse=True)
        return cls(num_sets_R, count_RK.sum(axis=1), values_V, value_A.reshape(count_RK.shape))

    def spread(self, table_VK: _Floats) -> _Floats:
        """What a table says of each count of each class: (R, K)."""
        return np.asarray(np.take_along_axis(table_VK, self.value_RK, axis=0))


def _component(counts: _Counts, share_K: _Floats, weight: float, favour: float) -> tuple[_Floats, _Floats]:
    """One part of the prior: the log-likelihood of each row of counts (R,), and the mean entropy in bits given it (R,).

    A Dirichlet distribution of this weight around the share of the classes. With a favour its mean moves by so much
    towards one class, which is any of them, as often as the class comes.
    """
    means = ((1 - favour) * share_K, (1 - favour) * share_K + favour)  # of another class, and of the favoured one
    low, high = (_terms(counts, weight * mean_K) for mean_K in means)
    # by the class that is favoured, which takes its upper value
    fit_RK, term_RK = (of.sum(axis=1, keepdims=True) - of + at for of, at in zip(low, high, strict=True))
    fit_RK = fit_RK + np.log(share_K)
    highest_R = fit_RK.max(axis=1)
    share_RK = np.exp(fit_RK - highest_R[:, None])
    sum_R, total_R = share_RK.sum(axis=1), weight + counts.num_images_R
    likelihood_R = gammaln(weight) - gammaln(total_R) + highest_R + np.log(sum_R)
    entropy_R = digamma(total_R + 1) - (share_RK * term_RK).sum(axis=1) / sum_R / total_R
    return likelihood_R, entropy_R / math.log(2)


def _terms(counts: _Counts, weight_K: _Floats) -> tuple[_Floats, _Floats]:
    """What each class adds to the logarithm of the likelihood, and to the entropy: (R, K) each."""
    weight_VK = counts.values_V[:, None] + weight_K
    return counts.spread(gammaln(weight_VK) - gammaln(weight_K)), counts.spread(weight_VK * digamma(weight_VK + 1))


def _posterior(likelihood_RM: _Floats, num_sets_R: NDArray[np.int64]) -> _Floats:
    """Which of M parts of the prior each row belongs to (R, M), with the weights that all rows agree on best."""
    fit_RM = np.exp(likelihood_RM - likelihood_RM.max(axis=1, keepdims=True))
    weight_M = np.full(fit_RM.shape[1], 1 / fit_RM.shape[1])
    for _ in range(_NUM_STEPS):
        weight_M = num_sets_R @ _normalised(fit_RM * weight_M) / num_sets_R.sum()
    return _normalised(fit_RM * weight_M)


def _normalised(share_RM: _Floats) -> _Floats:
    return np.asarray(share_RM / share_RM.sum(axis=1, keepdims=True))
