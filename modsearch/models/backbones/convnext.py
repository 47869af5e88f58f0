"""ConvNeXt (arXiv 2201.03545)."""

from fractions import Fraction

from torch import nn

from modsearch.architecture import Architecture
from modsearch.models.blocks.convnext import ChannelNorm, CNBlock
from modsearch.models.family import WHOLE, Slot, narrowed

_EXPANSION = 4  # of the channels inside a block
_MAX_DROP_RATE = 0.1  # of the last block, as in torchvision's convnext_tiny; the first block has 0


class ConvNeXtParts:
    """Parts of ConvNeXts, as torchvision has them; what stands between two stages belongs to the latter's first block.

    Stochastic depth rises from 0 to 0.1 from the first block to the last, the inner blocks of MoD blocks included. The
    ``cifar`` stem is ours: a 3x3 convolution that keeps the image's size, in place of 4x4 with stride 4.
    """

    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture
        self.stem_channels = architecture.widths[0]

    def stem(self) -> nn.Module:
        """A convolution and a norm."""
        is_cifar = self._architecture.stem == "cifar"
        size, stride, padding = (3, 1, 1) if is_cifar else (4, 4, 0)
        conv = nn.Conv2d(3, self.stem_channels, size, stride, padding)
        return nn.Sequential(conv, ChannelNorm(self.stem_channels, eps=1e-6))

    def block(self, slot: Slot, ratio: Fraction = WHOLE) -> nn.Module:
        """A CNBlock; norm and 2x2 convolution before the first of a later stage."""
        channels = self._architecture.widths[slot.stage]
        block = CNBlock(channels, narrowed(_EXPANSION * channels, ratio), self._drop_rate(slot))
        if slot.index or slot.stage == 0:
            return block
        stride = self._architecture.stride(slot.stage)
        conv = nn.Conv2d(slot.in_channels, channels, kernel_size=stride, stride=stride)
        return nn.Sequential(ChannelNorm(slot.in_channels, eps=1e-6), conv, block)

    def inner(self, slot: Slot, k: int, has_shortcut: bool, has_relu: bool) -> nn.Module:
        """A CNBlock on k channels."""
        return CNBlock(k, _EXPANSION * k, self._drop_rate(slot), has_shortcut)

    def head(self, in_channels: int, num_classes: int) -> nn.Module:
        """Mean, norm, linear."""
        return nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            ChannelNorm(in_channels, eps=1e-6),
            nn.Flatten(),
            nn.Linear(in_channels, num_classes),
        )

    def init(self, module: nn.Module) -> None:
        """Truncated normal, as in torchvision; selectors, which have no bias, in torch's own way."""
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.trunc_normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)

    def _drop_rate(self, slot: Slot) -> float:
        depths = self._architecture.depths
        return _MAX_DROP_RATE * (sum(depths[: slot.stage]) + slot.index) / max(1, sum(depths) - 1)
