"""VGG with batch norm (arXiv 1409.1556): the unit is one 3x3 convolution."""

from fractions import Fraction

from torch import nn

from modsearch.architecture import Architecture
from modsearch.models.conv import ConvNorm
from modsearch.models.family import WHOLE, Slot

_POOLED_SIZE = 7  # of the imagenet form


class VGGParts:
    """Parts of VGGs, as torchvision has them. A stage's pool stands before the first unit of the next, and in the head.

    The ``imagenet`` form ends with 4096-4096-classes on 7x7 positions, the ``cifar`` form, as published for MoD, with
    512-512-classes on the mean, 512 being the last stage's width. At 32 pixels there is one position to take it over.
    """

    stem_channels = 3

    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture

    def stem(self) -> nn.Module:
        """Nothing: the first unit sees the image."""
        return nn.Identity()

    def block(self, slot: Slot, ratio: Fraction = WHOLE) -> nn.Module:
        """Convolution, batch norm, ReLU; the pool of the stage before in front of a first one. Nothing is inside."""
        unit = _unit(slot.in_channels, self._architecture.out_channels[slot.stage])
        is_pooled = slot.index == 0 and self._architecture.stride(slot.stage) > 1
        return nn.Sequential(nn.MaxPool2d(2), *unit) if is_pooled else unit

    def inner(self, slot: Slot, k: int, has_shortcut: bool, has_relu: bool) -> nn.Module:
        """One 3x3 k -> k."""
        unit = _unit(k, k)
        return unit if has_relu else unit[0]

    def head(self, in_channels: int, num_classes: int) -> nn.Module:
        """The last pool and the classifier."""
        is_cifar = self._architecture.stem == "cifar"
        size, hidden = (1, in_channels) if is_cifar else (_POOLED_SIZE, 4096)
        return nn.Sequential(
            nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(size),
            nn.Flatten(),
            nn.Linear(in_channels * size**2, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(hidden, num_classes),
        )

    def init(self, module: nn.Module) -> None:
        """He initialisation for convolutions, narrow normal for linear layers, as in torchvision."""
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.normal_(module.weight, std=0.01)
            nn.init.zeros_(module.bias)


def _unit(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(ConvNorm(in_channels, out_channels, 3, bias=True), nn.ReLU(inplace=True))
