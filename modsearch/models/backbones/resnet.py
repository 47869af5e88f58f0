"""ResNet with basic or bottleneck blocks, any depths and widths, and a block of any kind in each slot."""

from torch import Tensor, nn

from modsearch.architecture import Architecture, Block, MoD
from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.blocks.resnet import ResidualBlock, basic_branch, bottleneck_branch
from modsearch.models.conv import ConvNorm


class ResNet(nn.Module):
    """Stem, stages and head: images (B, 3, H, W) -> logits (B, num_classes)."""

    def __init__(self, architecture: Architecture, num_classes: int) -> None:
        super().__init__()
        self.stem = _stem(architecture.stem, architecture.widths[0])
        self.stages = nn.ModuleList()
        in_channels = architecture.widths[0]
        for index, blocks in enumerate(architecture.stages):
            width, out_channels = architecture.widths[index], architecture.out_channels[index]
            stride = 1 if index == 0 else 2
            stage = nn.Sequential(_slot(architecture.backbone, blocks[0], in_channels, width, stride))
            stage.extend([_slot(architecture.backbone, block, out_channels, width) for block in blocks[1:]])
            self.stages.append(stage)
            in_channels = out_channels
        self.head = nn.Linear(in_channels, num_classes)
        self.apply(_init)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Classify images."""
        x_BCHW = self.stem(x_BCHW)
        for stage in self.stages:
            x_BCHW = stage(x_BCHW)
        return self.head(x_BCHW.mean((2, 3)))  # type: ignore[no-any-return]


def _stem(stem: str, width: int) -> nn.Module:
    if stem == "cifar":
        return nn.Sequential(ConvNorm(3, width, 3), nn.ReLU(inplace=True))
    return nn.Sequential(ConvNorm(3, width, 7, stride=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, stride=2, padding=1))


def _slot(backbone: str, block: Block, in_channels: int, width: int, stride: int = 1) -> nn.Module:
    """The module for one slot of a stage."""
    if isinstance(block, MoD):
        return MoDBlock(block, in_channels, _inner(backbone, block, block.num_selected(in_channels)), True)
    basic = backbone == "resnet_basic"
    out_channels = width if basic else 4 * width
    branch = basic_branch(in_channels, width, stride) if basic else bottleneck_branch(in_channels, width, stride)
    fits = stride == 1 and in_channels == out_channels
    return ResidualBlock(branch, None if fits else ConvNorm(in_channels, out_channels, 1, stride))


def _inner(backbone: str, block: MoD, k: int) -> nn.Module:
    """The block that a MoD block runs on its k channels: of the backbone's own type, rebuilt for k."""
    branch = basic_branch(k, k) if backbone == "resnet_basic" else bottleneck_branch(k, max(1, k // 4), out_channels=k)
    return ResidualBlock(branch, None, block.inner_shortcut, block.inner_relu)


def _init(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
