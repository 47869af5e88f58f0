"""MobileNetV2: inverted residuals (arXiv 1801.04381)."""

from fractions import Fraction

from torch import nn

from modsearch.architecture import Architecture
from modsearch.models.blocks.inverted_residual import InvertedResidual
from modsearch.models.conv import ConvNorm
from modsearch.models.family import WHOLE, Slot

_EXPANSIONS = (1, 6, 6, 6, 6, 6, 6)  # t of each stage, table 2; c and n are an architecture's widths and depths
_STEM_FACTOR, _HEAD_FACTOR = 2, 4  # 32 = 2 x 16 channels before the first stage, 1280 = 4 x 320 after the last


class MobileNetV2Parts:
    """Parts of MobileNetV2, as torchvision has them: ``widths`` are c and ``depths`` n of the paper's t, c, n, s table.

    The ``cifar`` form is ours: neither stem nor second stage shrink the image.
    """

    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture
        self.stem_channels = _STEM_FACTOR * architecture.widths[0]

    def stem(self) -> nn.Module:
        """A 3x3 convolution."""
        stride = self._architecture.table.strides[self._architecture.stem][0]
        return nn.Sequential(ConvNorm(3, self.stem_channels, 3, stride), nn.ReLU6(inplace=True))

    def block(self, slot: Slot, ratio: Fraction = WHOLE) -> nn.Module:
        """An inverted residual."""
        stride = self._architecture.stride(slot.stage) if slot.index == 0 else 1
        width, expansion = self._architecture.widths[slot.stage], _EXPANSIONS[slot.stage]
        return InvertedResidual(slot.in_channels, width, stride, expansion, ratio=ratio)

    def inner(self, slot: Slot, k: int, has_shortcut: bool, has_relu: bool) -> nn.Module:
        """An inverted residual k -> 6k -> k."""
        return InvertedResidual(k, k, 1, _EXPANSIONS[slot.stage], has_shortcut)

    def head(self, in_channels: int, num_classes: int) -> nn.Module:
        """A 1x1 convolution to 4 times the channels, mean, dropout, linear."""
        channels = _HEAD_FACTOR * in_channels
        return nn.Sequential(
            ConvNorm(in_channels, channels, 1),
            nn.ReLU6(inplace=True),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(channels, num_classes),
        )

    def init(self, module: nn.Module) -> None:
        """He initialisation for convolutions, narrow normal for the classifier, as in torchvision."""
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
        elif isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.normal_(module.weight, std=0.01)
            nn.init.zeros_(module.bias)
