"""From the images that a network recognises to its accuracy."""

from base64 import b64encode

import numpy as np
import torch
from torch import Tensor

from modsearch.models.device import current_environment
from modsearch.record import ClassResult, Measurement
from modsearch.space import METRICS
from modsearch.statistic.interval import share_interval


def accuracy(correct_N: Tensor, device: torch.device) -> Measurement:
    """Fraction of correct images with its 95 % Wilson interval."""
    num_images, num_correct = len(correct_N), int(correct_N.sum())
    low, high = share_interval(num_correct, num_images)
    return Measurement(
        value=num_correct / num_images,
        low=low,
        high=high,
        num_samples=num_images,
        unit=METRICS["accuracy"].unit,
        environment=current_environment(device),
    )


def packed(correct_N: Tensor) -> str:
    """One bit an image, as a score keeps them."""
    return b64encode(np.packbits(correct_N.numpy()).tobytes()).decode()


def confusion_matrix(taken_N: Tensor, label_N: Tensor, num_classes: int) -> Tensor:
    """How many images of each class (row) were taken for each (column): int64 (K, K)."""
    place_N = label_N * num_classes + taken_N
    return torch.bincount(place_N, minlength=num_classes**2).view(num_classes, num_classes)


def class_results(taken_N: Tensor, label_N: Tensor, names: tuple[str, ...]) -> tuple[ClassResult, ...]:
    """How each class was recognised."""
    num_K, right_K = (
        torch.bincount(own_N, minlength=len(names)).tolist() for own_N in (label_N, label_N[taken_N == label_N])
    )
    return tuple(
        ClassResult(name=name, num_images=num, num_correct=right)
        for name, num, right in zip(names, num_K, right_K, strict=True)
    )
