"""Additive: accuracy as a mean of the network and an effect of the replicate, where not all were trained in all.

A replicate has its own images and their order, which make it easier or harder for all networks. Without that, a network
would stand too high for having been trained in easy replicates only.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_LEAST_FREEDOM = 1e-6  # below it a residual is 0 but for rounding


@dataclass(frozen=True, eq=False)
class Additive:
    """Accuracy = mean of the network + effect of the replicate + residual, by least squares.

    The effects of replicates add up to 0; where replicates are not linked by any network, those of each group that is.

    Attributes:
        mean_M: of networks.
        spread_M: the variance of each mean against those of the others / that of one training: 1 / R where all
            networks were trained in the same R replicates.
        residual_MR: NaN where a network was not trained.
        free_MR: variance of each residual / that of one training: 0 where the fit follows it.
        effect_R: of replicates.
        num_R: how many networks were trained in each replicate.
    """

    mean_M: _Floats  # noqa: N815
    spread_M: _Floats  # noqa: N815
    residual_MR: _Floats  # noqa: N815
    free_MR: _Floats  # noqa: N815
    effect_R: _Floats  # noqa: N815
    num_R: _Floats  # noqa: N815

    def is_alone(self, row: int) -> bool:
        """Whether a network is the only one in each of its replicates."""
        return bool(self.num_R[~np.isnan(self.residual_MR[row])].max() == 1)

    def deviations(self, row: int) -> tuple[_Floats, NDArray[np.intp]]:
        """A network's accuracies without the effects of replicates, and of which replicates: those that tell of luck.

        They lie as far apart as without what effects, which come from the same accuracies, take off. Of a network that
        is alone they are the accuracies; of one of whose luck nothing is told, its mean for the replicate with most
        networks.
        """
        position_R = np.flatnonzero(~np.isnan(self.residual_MR[row]))
        if self.is_alone(row):
            return self.mean_M[row] + self.residual_MR[row, position_R] + self.effect_R[position_R], position_R
        told_R = position_R[self.free_MR[row, position_R] > _LEAST_FREEDOM]
        if not len(told_R):
            return self.mean_M[[row]], position_R[[np.argmax(self.num_R[position_R])]]
        scale = sqrt((len(told_R) - 1) / self.free_MR[row, told_R].sum())
        return self.mean_M[row] + scale * self.residual_MR[row, told_R], told_R


def fit(accuracy_MR: _Floats) -> Additive:
    """Of M networks in R replicates; NaN where one was not trained.

    Means are left out of the normal equations, which leaves one a replicate; their inverse is the covariance of effects
    / the variance of one training.
    """
    is_there_MR = ~np.isnan(accuracy_MR)
    num_M1 = is_there_MR.sum(axis=1, keepdims=True)
    num_R, share_MR = is_there_MR.sum(axis=0).astype(float), is_there_MR / num_M1
    average_M1 = np.nansum(accuracy_MR, axis=1, keepdims=True) / num_M1
    inverse_RR = np.linalg.pinv(np.diag(num_R) - share_MR.T @ is_there_MR, rcond=1e-9, hermitian=True)
    effect_R = inverse_RR @ np.nansum(accuracy_MR - average_M1, axis=0)  # the least: those of a group add up to 0
    mean_M1 = average_M1 - (share_MR @ effect_R)[:, None]
    known_MR = 1 / num_M1 + _form(share_MR, inverse_RR)[:, None] - 2 * share_MR @ inverse_RR + inverse_RR.diagonal()
    return Additive(
        mean_M=mean_M1[:, 0],
        spread_M=1 / num_M1[:, 0] + _against_all(share_MR, inverse_RR),
        residual_MR=accuracy_MR - mean_M1 - effect_R,
        free_MR=1 - known_MR,
        effect_R=effect_R,
        num_R=num_R,
    )


def _against_all(share_MR: _Floats, covariance_RR: _Floats) -> _Floats:
    """The variance of the effects in each network's mean against those in the others': (M,).

    Those of two networks add up to the variance of their difference: exactly in the mean of all pairs.
    """
    num = len(share_MR)
    return num / max(1, num - 1) * _form(share_MR - share_MR.mean(axis=0), covariance_RR)


def _form(vector_MR: _Floats, matrix_RR: _Floats) -> _Floats:
    """The quadratic form of each row: (M,)."""
    return np.asarray(np.einsum("mr,rs,ms->m", vector_MR, matrix_RR, vector_MR))
