"""ResNet with basic or bottleneck blocks (arXiv 1512.03385)."""

from fractions import Fraction

from torch import nn

from modsearch.architecture import Architecture
from modsearch.models.blocks.resnet import ResidualBlock, basic_branch, bottleneck_branch
from modsearch.models.conv import ConvNorm
from modsearch.models.family import WHOLE, Slot, narrowed
from modsearch.models.network import PooledLinear


class ResNetParts:
    """Parts of ResNets, as torchvision has them; the ``cifar`` stem is a 3x3 convolution without a pool."""

    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture
        self._is_basic = architecture.backbone == "resnet_basic"
        self.stem_channels = architecture.widths[0]

    def stem(self) -> nn.Module:
        """3x3 convolution, or 7x7 with stride 2 and a pool."""
        width = self.stem_channels
        if self._architecture.stem == "cifar":
            return nn.Sequential(ConvNorm(3, width, 3), nn.ReLU(inplace=True))
        pool = nn.MaxPool2d(3, stride=2, padding=1)
        return nn.Sequential(ConvNorm(3, width, 7, stride=2), nn.ReLU(inplace=True), pool)

    def block(self, slot: Slot, ratio: Fraction = WHOLE) -> nn.Module:
        """A residual block; where it changes the shape, a 1x1 convolution makes the shortcut fit."""
        inside, out_channels = self._architecture.widths[slot.stage], self._architecture.out_channels[slot.stage]
        stride = self._architecture.stride(slot.stage) if slot.index == 0 else 1
        fits = stride == 1 and slot.in_channels == out_channels
        projection = None if fits else ConvNorm(slot.in_channels, out_channels, 1, stride)
        return ResidualBlock(self._branch(slot.in_channels, narrowed(inside, ratio), out_channels, stride), projection)

    def inner(self, slot: Slot, k: int, has_shortcut: bool, has_relu: bool) -> nn.Module:
        """Two 3x3 k -> k, or a bottleneck k -> k/4 -> k."""
        inside = k if self._is_basic else max(1, k // 4)
        return ResidualBlock(self._branch(k, inside, k), None, has_shortcut, has_relu)

    def _branch(self, in_channels: int, inside: int, out_channels: int, stride: int = 1) -> nn.Module:
        branch = basic_branch if self._is_basic else bottleneck_branch
        return branch(in_channels, inside, out_channels, stride)

    def head(self, in_channels: int, num_classes: int) -> nn.Module:
        """Mean, then linear."""
        return PooledLinear(in_channels, num_classes)

    def init(self, module: nn.Module) -> None:
        """He initialisation, which keeps the variance through ReLU."""
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
