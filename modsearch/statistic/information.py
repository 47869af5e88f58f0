"""What picks tell about classes, in bits, and whether that is more than chance.

From few images the plug-in estimate of mutual information is too high, the more so the more different sets there are.
Whether there is anything to tell is judged by the same estimate for labels that were shuffled, which nothing can know;
how much there is, by an estimate that allows for it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modsearch.statistic.class_entropy import class_information_bits

_MOST_ALONE = 0.5  # of the images with a set of their own: beyond it the estimate rests on what sets share no more
_NUM_SHUFFLES = 99  # more than all of them happens by chance once in a hundred times


@dataclass(frozen=True)
class Information:
    """Mutual information with the class.

    Attributes:
        bits: an estimate that is right for few images of many sets too; None where more than half of the images have a
            set of their own, so that it cannot be told.
        measured_bits: the plug-in estimate.
        chance_bits: its mean over shuffled labels.
        most_by_chance_bits: its maximum over shuffled labels.
    """

    bits: float | None
    measured_bits: float
    chance_bits: float
    most_by_chance_bits: float

    @property
    def is_known(self) -> bool:
        """Whether the images can tell how much it is."""
        return self.bits is not None

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the plug-in estimate is higher than for all of the shuffled labels."""
        return self.measured_bits > self.most_by_chance_bits + 1e-9


class Codes:
    """The classes of N images as codes without gaps, and the same ones shuffled, always in the same ways."""

    def __init__(self, label_N: NDArray[np.int64]) -> None:
        self.code_N = label_N
        values, self.dense_N = np.unique(label_N, return_inverse=True)
        self.num = len(values)

    def orders(self) -> list[NDArray[np.int64]]:
        """The true labels, then the shuffled ones."""
        generator = np.random.default_rng(0)
        return [self.dense_N, *(generator.permutation(self.dense_N) for _ in range(_NUM_SHUFFLES))]


def information(
    labels: Codes, set_N: NDArray[np.int64], picked_NC: NDArray[np.bool_]
) -> tuple[Information, Information, int]:
    """What the set tells about the class, what the most telling channel does, and which channel that is.

    Args:
        labels: the classes of N images.
        set_N: which set of channels each image has, counted from 0.
        picked_NC: which channels are in it.
    """
    if not set_N.any():  # one set for all, which tells nothing
        nothing = Information(0.0, 0.0, 0.0, 0.0)
        return nothing, nothing, 0
    num_sets = int(set_N.max()) + 1
    varies_C = picked_NC.any(axis=0) & ~picked_NC.all(axis=0)
    picked_NV = picked_NC[:, varies_C].astype(np.float32)
    of_set, of_best, best = [], [], []
    for label_N in labels.orders():
        of_set.append(float(mutual_information_bits(_joint(label_N, labels.num, set_N, num_sets))))
        bits_V = _channel_bits(label_N, labels.num, picked_NV)
        best.append(int(bits_V.argmax()))
        of_best.append(float(bits_V[best[-1]]))
    channel = int(np.flatnonzero(varies_C)[best[0]])
    return (
        _against_chance(of_set, _bits(labels, set_N, num_sets)),
        _against_chance(of_best, _bits(labels, picked_NC[:, channel].astype(np.int64), 2)),
        channel,
    )


def entropy_bits(count_A: NDArray[np.int64]) -> float:
    """Entropy of a distribution given by counts."""
    share_A = count_A[count_A > 0] / count_A.sum()
    return float(-(share_A * np.log2(share_A)).sum())


def mutual_information_bits(joint: NDArray[np.generic]) -> NDArray[np.float64]:
    """Plug-in mutual information of the last two axes of joint counts: (..., K, S) -> (...)."""
    share = np.asarray(joint, dtype=np.float64)
    share = share / share.sum(axis=(-2, -1), keepdims=True)
    independent = share.sum(axis=-1, keepdims=True) * share.sum(axis=-2, keepdims=True)
    ratio = np.divide(share, independent, out=np.ones_like(share), where=share > 0)
    found: NDArray[np.float64] = (share * np.log2(ratio)).sum(axis=(-2, -1))
    return found


def _channel_bits(label_N: NDArray[np.int64], num_classes: int, picked_NV: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the pick of each channel tells about the class: (V,)."""
    is_class_KN = (label_N == np.arange(num_classes)[:, None]).astype(np.float32)
    picked_KV = is_class_KN @ picked_NV
    joint_VK2 = np.stack((picked_KV, is_class_KN.sum(axis=1)[:, None] - picked_KV), axis=-1).transpose(1, 0, 2)
    return mutual_information_bits(joint_VK2)


def _bits(labels: Codes, set_N: NDArray[np.int64], num_sets: int) -> float | None:
    """What sets tell about the class; None where it cannot be told."""
    if (np.bincount(set_N) == 1).sum() > _MOST_ALONE * len(set_N):
        return None
    return class_information_bits(_joint(labels.dense_N, labels.num, set_N, num_sets).T)


def _joint(label_N: NDArray[np.int64], num_classes: int, set_N: NDArray[np.int64], num_sets: int) -> NDArray[np.int64]:
    """How many images there are of each class and set: (K, S)."""
    joint_A = np.bincount(label_N * num_sets + set_N, minlength=num_classes * num_sets)
    return joint_A.reshape(num_classes, num_sets)


def _against_chance(measured: list[float], bits: float | None) -> Information:
    """Of plug-in estimates, of which the first is that of the true labels."""
    return Information(bits, measured[0], float(np.mean(measured[1:])), max(measured[1:]))
