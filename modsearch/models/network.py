"""A network of any family: stem, stages of blocks, head."""

from typing import Protocol

from torch import Tensor, nn

from modsearch.architecture import Architecture, Block, MoD
from modsearch.models.blocks.mod import MoDBlock


class Parts(Protocol):
    """What the networks of one family are built from. One class a family, made for one architecture."""

    stem_channels: int

    def stem(self) -> nn.Module:
        """(B, 3, H, W) -> (B, stem_channels, H', W')."""

    def block(self, stage: int, index: int, in_channels: int) -> nn.Module:
        """A standard block; the first of a stage (index 0) changes channels and size where the family's stages do."""

    def inner(self, stage: int, index: int, mod: MoD, k: int) -> nn.Module:
        """The block that a MoD block runs on its k channels: of the family's own type, rebuilt for k."""

    def head(self, in_channels: int, num_classes: int) -> nn.Module:
        """(B, in_channels, H, W) -> logits (B, num_classes)."""

    def init(self, module: nn.Module) -> None:
        """Draw the weights of one module; torch's own way where it does nothing."""


class Network(nn.Module):
    """Images (B, 3, H, W) -> logits (B, num_classes). ``stages[s][b]`` is the block in slot b of stage s."""

    def __init__(self, architecture: Architecture, parts: Parts, num_classes: int) -> None:
        super().__init__()
        self.stem = parts.stem()
        self.stages = nn.ModuleList()
        channels = parts.stem_channels
        for stage, blocks in enumerate(architecture.stages):
            modules = []
            for index, block in enumerate(blocks):
                modules.append(_slot(parts, stage, index, block, channels))
                channels = architecture.out_channels[stage]
            self.stages.append(nn.Sequential(*modules))
        self.head = parts.head(channels, num_classes)
        self.apply(parts.init)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Classify images."""
        x_BCHW = self.stem(x_BCHW)
        for stage in self.stages:
            x_BCHW = stage(x_BCHW)
        return self.head(x_BCHW)  # type: ignore[no-any-return]


def _slot(parts: Parts, stage: int, index: int, block: Block, channels: int) -> nn.Module:
    """The module for one slot. A MoD block stands inside a stage, where nobody else reads its input."""
    if isinstance(block, MoD):
        inner = parts.inner(stage, index, block, block.num_selected(channels))
        return MoDBlock(block, channels, inner, is_input_free=True)
    return parts.block(stage, index, channels)


class PooledLinear(nn.Linear):
    """Mean over the image, then a linear layer: (B, C, H, W) -> (B, num_classes)."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Classify what the stages found."""
        return super().forward(x_BCHW.mean((2, 3)))
