"""ResNet with basic or bottleneck blocks (arXiv 1512.03385)."""

from torch import nn

from modsearch.architecture import Architecture, MoD
from modsearch.models.blocks.resnet import ResidualBlock, basic_branch, bottleneck_branch
from modsearch.models.conv import ConvNorm
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

    def block(self, stage: int, index: int, in_channels: int) -> nn.Module:
        """A residual block; where it changes the shape, a 1x1 convolution makes the shortcut fit."""
        width, out_channels = self._architecture.widths[stage], self._architecture.out_channels[stage]
        stride = self._architecture.stride(stage) if index == 0 else 1
        branch = basic_branch if self._is_basic else bottleneck_branch
        fits = stride == 1 and in_channels == out_channels
        projection = None if fits else ConvNorm(in_channels, out_channels, 1, stride)
        return ResidualBlock(branch(in_channels, width, stride), projection)

    def inner(self, stage: int, index: int, mod: MoD, k: int) -> nn.Module:
        """Two 3x3 k -> k, or a bottleneck k -> k/4 -> k."""
        branch = basic_branch(k, k) if self._is_basic else bottleneck_branch(k, max(1, k // 4), out_channels=k)
        return ResidualBlock(branch, None, mod.inner_shortcut, mod.inner_relu)

    def head(self, in_channels: int, num_classes: int) -> nn.Module:
        """Mean, then linear."""
        return PooledLinear(in_channels, num_classes)

    def init(self, module: nn.Module) -> None:
        """He initialisation, which keeps the variance through ReLU."""
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
