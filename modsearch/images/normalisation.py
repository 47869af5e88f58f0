"""Normalisation: grey values to mean 0 and standard deviation 1."""

from collections.abc import Iterable

import torch
from torch import Tensor

MeanStd = tuple[Tensor, Tensor]
"""Mean and standard deviation of each channel in grey values (0..255), float64."""


def mean_std(parts: Iterable[Tensor]) -> MeanStd:
    """Of images of one width, uint8 (..., W, 3), part by part; a constant channel gets a deviation of 1.

    The sums are whole numbers, thus the same to the last bit for any parts.
    """
    count, total_C, squares_C = 0, *torch.zeros(2, 3, dtype=torch.float64)
    for part in parts:
        x_RWC = part.flatten(0, -3).double()  # torch adds up whole rows many times faster than columns of 3
        total_C += x_RWC.sum(0).sum(0)
        squares_C += x_RWC.square_().sum(0).sum(0)
        count += part.numel() // 3
    mean_C = total_C / count
    variance_C = (squares_C / count - mean_C.square()).clamp_min(0)
    return mean_C, torch.where(variance_C > 0, variance_C.sqrt(), 1.0)


class Normalisation:
    """Grey values less a mean, over a standard deviation.

    Args:
        mean_std: of the training images.
        device: where the batches are.
    """

    def __init__(self, mean_std: MeanStd, device: torch.device) -> None:
        mean_C, std_C = mean_std
        self._scale_C = (1 / std_C).float().to(device)
        self._shift_C = (-mean_C / std_C).float().to(device)

    def __call__(self, x_BHWC: Tensor) -> Tensor:
        """Uint8 (B, H, W, 3) -> float (B, 3, H, W), so channels last.

        It runs over rows of W x 3 values: torch is ten times slower where the inner dimension has 3.
        """
        x_BHR = x_BHWC.flatten(2).float()
        width = x_BHWC.shape[2]
        y_BHR = torch.addcmul(self._shift_C.repeat(width), x_BHR, self._scale_C.repeat(width))
        return y_BHR.view(x_BHWC.shape).permute(0, 3, 1, 2)
