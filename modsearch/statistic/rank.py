"""Rank: whether two ways to judge networks put them in the same order."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
FEWEST_PAIRS = 30
"""Below so many pairs nothing is said."""
_NUM_RESAMPLES = 2000


@dataclass(frozen=True)
class Agreement:
    """Kendall's tau: how many more pairs are in the same order than in the other one, as a share of all.

    Attributes:
        tau: 1 where all are, -1 where none is, about 0 by chance; a pair that is tied in one of the two counts as half
            of either.
        low: lower end of the 95 % interval over networks.
        high: upper end.
        num_pairs: pairs that were compared.
    """

    tau: float
    low: float
    high: float
    num_pairs: int


def agreement(
    one_M: _Floats, other_M: _Floats, is_pair: Callable[[int, int], bool] = lambda one, other: True
) -> Agreement | None:
    """How well two orders of M networks agree; None where fewer than 30 pairs are compared.

    The interval is that of the Bayesian bootstrap over networks (Rubin, Ann. Stat. 9, 1981): each network with all its
    pairs has a random weight.

    Args:
        one_M: one value a network.
        other_M: another one.
        is_pair: whether two networks, by their positions, are compared.
    """
    num = len(one_M)
    upper_MM = np.array([[row < column and is_pair(row, column) for column in range(num)] for row in range(num)])
    num_pairs = int(upper_MM.sum())
    if num_pairs < FEWEST_PAIRS:
        return None
    same_MM = np.sign(np.subtract.outer(one_M, one_M)) * np.sign(np.subtract.outer(other_M, other_M)) * upper_MM
    weight_DM = np.random.default_rng(0).dirichlet(np.ones(num), _NUM_RESAMPLES)
    drawn_D = _form(weight_DM, same_MM) / _form(weight_DM, upper_MM.astype(float))
    low, high = np.quantile(drawn_D, (0.025, 0.975))
    return Agreement(float(same_MM.sum()) / num_pairs, float(low), float(high), num_pairs)


def _form(weight_DM: _Floats, pair_MM: _Floats) -> _Floats:
    """The sum over all pairs of the product of their weights and a value: (D,)."""
    return np.asarray(np.einsum("dm,mn,dn->d", weight_DM, pair_MM, weight_DM, optimize=True))
