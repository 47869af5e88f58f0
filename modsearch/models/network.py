"""A network of any family: stem, stages of blocks, head."""

from torch import Tensor, nn

from modsearch.architecture import Architecture
from modsearch.models.family import Parts, Slot
from modsearch.models.kind import BUILDERS


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
                modules.append(BUILDERS[block.kind](parts, Slot(stage, index, channels), block))
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


class PooledLinear(nn.Linear):
    """Mean over the image, then a linear layer: (B, C, H, W) -> (B, num_classes)."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Classify what the stages found."""
        return super().forward(x_BCHW.mean((2, 3)))
