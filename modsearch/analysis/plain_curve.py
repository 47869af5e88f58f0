"""What plain networks can do: each one's accuracy by its blocks, with the luck of its training taken off."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log2, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from modsearch.analysis.difference import Difference, correct_images
from modsearch.analysis.point import FrontPoint
from modsearch.statistic.interval import Z_95

Array = NDArray[np.float64]

USUAL_LUCK = 0.005
"""The deviation of an accuracy over trainings that is expected before a study has said anything."""
_LUCK_H, _OWN_H = (
    grid.ravel() for grid in np.meshgrid(USUAL_LUCK * 2.0 ** np.arange(-1, 2.5, 0.5), [0.0, 0.0025, 0.005, 0.01, 0.02])
)
_SLOPES = (0.0, 0.01, 0.02, 0.04, 0.08)
_ANY = 1.0  # deviation of what may be anything, for a fraction


@dataclass(frozen=True)
class PlainCurve:
    """Plain networks and what their true accuracies are by all of them together.

    A network's measured accuracy is taken as: a level of its backbone, a slope times the logarithm of the number of
    blocks of each stage (and of the width), something of its own, the luck of its training, and the noise of the
    validation images. How large the slopes, what is its own, and luck are is not chosen: each combination counts by
    how well it explains the measured accuracies (empirical Bayes over a grid). So a network is moved towards what the
    others say of one with its blocks, and the best of several is no longer the luckiest.

    Attributes:
        points: N plain networks.
        weights: (N, N), row by row what each measured accuracy counts for in what is expected of a network.
        variances: (N,), of the true accuracies around the expected ones.
        image_variance: what is in them of one network's validation images, apart from what all networks share.
        luck_variance: over trainings of one network.
    """

    points: tuple[FrontPoint, ...]
    weights: Array
    variances: Array
    image_variance: float
    luck_variance: float

    @cached_property
    def expected(self) -> Array:
        """(N,), the accuracies that are expected of the networks."""
        return self.weights @ _measured(self.points)

    def gain(self, point: FrontPoint, index: int) -> Difference:
        """The accuracy of another network minus what is expected of a plain one, with all noise and luck of both.

        The validation images count image by image where the records allow it.
        """
        weights_N, bits, plain_NI = self.weights[index], _bits([point]), self._bits
        is_paired = False
        images = _image_variance(point)
        if bits is not None and plain_NI is not None and bits.shape[1] == plain_NI.shape[1]:
            is_paired, gap_I = True, bits[0] - weights_N @ plain_NI
            images = float(gap_I.var()) / len(gap_I) - self.image_variance * float(weights_N @ weights_N)
        value = point.scores["accuracy"].value - float(self.expected[index])
        half = Z_95 * sqrt(float(self.variances[index]) + self.luck_variance + images)
        return Difference(value, value - half, value + half, is_paired)

    @cached_property
    def _bits(self) -> Array | None:
        return _bits(self.points)


def plain_curve(points: Sequence[FrontPoint]) -> PlainCurve:
    """Learn it from at least one plain network. One alone is expected to be what it was measured as."""
    images = _unshared(points)
    beliefs = [_believed(points, slope, images) for slope in _SLOPES]
    odds_SH = np.array([belief.odds_H for belief in beliefs])
    share_SH = np.exp(odds_SH - odds_SH.max())
    share_SH /= share_SH.sum()
    weights_NN, mean_N = np.zeros((len(points), len(points))), np.zeros(len(points))
    for belief, share_H in zip(beliefs, share_SH, strict=True):
        weights_NN += (belief.vectors_NN * (share_H @ belief.kept_HN)) @ belief.vectors_NN.T
        mean_N += share_H @ belief.expected_HN
    weights_NN += (1 - weights_NN.sum(axis=1, keepdims=True)) / len(points)  # of the mean, which was taken off
    variance_N = np.zeros(len(points))
    for belief, share_H in zip(beliefs, share_SH, strict=True):
        variance_N += share_H @ (belief.variance_HN + (belief.expected_HN - mean_N) ** 2)
    return PlainCurve(tuple(points), weights_NN, variance_N, images, float(share_SH.sum(axis=0) @ _LUCK_H**2))


class _Belief(NamedTuple):
    """What follows for N networks from one size of slopes, and each of the H pairs of ``_LUCK_H`` and ``_OWN_H``.

    ``vectors_NN`` are the directions, column by column, in which accuracies are moved towards each other, and
    ``kept_HN`` is how much of what was measured is kept in each of them. ``expected_HN`` is counted from the mean of
    the measured accuracies.
    """

    odds_H: Array  # noqa: N815  a shape
    vectors_NN: Array  # noqa: N815
    kept_HN: Array  # noqa: N815
    expected_HN: Array  # noqa: N815
    variance_HN: Array  # noqa: N815


def _believed(points: Sequence[FrontPoint], slope: float, images: float) -> _Belief:
    """Regression with normal priors; what is a network's own and noise are alike in every direction."""
    features_NF, measured_N = _features(points), _measured(points)
    shared_NN = _ANY**2 + _kin(points) * (_ANY**2 + slope**2 * features_NF @ features_NF.T)
    values_N, vectors_NN = np.linalg.eigh(shared_NN)
    signal_HN = np.maximum(values_N, 0) + _OWN_H[:, None] ** 2
    noise_H1 = _LUCK_H[:, None] ** 2 + images
    total_HN = signal_HN + noise_H1
    turned_N = vectors_NN.T @ (measured_N - measured_N.mean())
    fit_H = -0.5 * (turned_N**2 / total_HN + np.log(total_HN)).sum(axis=1)
    kept_HN = signal_HN / total_HN
    return _Belief(
        odds_H=fit_H - 0.5 * np.log2(_LUCK_H / USUAL_LUCK) ** 2,
        vectors_NN=vectors_NN,
        kept_HN=kept_HN,
        expected_HN=(kept_HN * turned_N) @ vectors_NN.T,
        variance_HN=(kept_HN * noise_H1) @ (vectors_NN**2).T,
    )


def _measured(points: Sequence[FrontPoint]) -> Array:
    return np.array([point.scores["accuracy"].value for point in points])


def _features(points: Sequence[FrontPoint]) -> Array:
    """log2 of the number of blocks of each stage and of the widths; stages that a backbone has not are 0."""
    architectures = [point.architecture for point in points]
    num_stages = max(len(architecture.stages) for architecture in architectures)
    rows = [
        [
            *(log2(len(stage)) for stage in architecture.stages),
            *[0.0] * (num_stages - len(architecture.stages)),
            log2(sum(architecture.widths)),
        ]
        for architecture in architectures
    ]
    features_NF = np.array(rows, float)
    features_NF -= features_NF.mean(axis=0)
    return features_NF


def _kin(points: Sequence[FrontPoint]) -> Array:
    """1 where two networks have one backbone and stem, else 0."""
    kinds = [(point.architecture.backbone, point.architecture.stem) for point in points]
    return np.array([[one == other for other in kinds] for one in kinds], float)


def _bits(points: Sequence[FrontPoint]) -> Array | None:
    """For each network and validation image whether it was right; None where that is not known of all."""
    found = [correct_images(point.score) for point in points]
    known = [bits for bits in found if bits is not None]
    if len(known) < len(found) or len({len(bits) for bits in known}) > 1:
        return None
    return np.array(known, float)


def _unshared(points: Sequence[FrontPoint]) -> float:
    """The variance that validation images give one network's accuracy: what all networks share moves no difference."""
    bits_NI, num = _bits(points), len(points)
    if bits_NI is None or num == 1:
        return float(np.mean([_image_variance(point) for point in points]))
    own_NI = bits_NI - bits_NI.mean(axis=0)
    return float(own_NI.var(axis=1).mean() / own_NI.shape[1] * num / (num - 1))


def _image_variance(point: FrontPoint) -> float:
    accuracy = point.scores["accuracy"]
    return float((accuracy.high - accuracy.low) / (2 * Z_95)) ** 2
