"""The block of ConvNeXt (arXiv 2201.03545, section 2)."""

import torch
from torch import Tensor, nn
from torchvision.ops import StochasticDepth


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of each position: (B, C, H, W) -> same."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Normalise."""
        return super().forward(x_BCHW.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class CNBlock(nn.Module):
    """Depthwise 7x7 -> layer norm -> hidden -> GELU -> C, times the layer scale, onto the input: (B, C, H, W) -> same.

    Args:
        channels: C.
        hidden: 4C in the paper.
        drop_rate: of stochastic depth: how often the branch is left out in training, image by image.
        has_shortcut: False leaves the input out.
    """

    def __init__(self, channels: int, hidden: int, drop_rate: float = 0.0, has_shortcut: bool = True) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pointwise = nn.Sequential(nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels))
        self.layer_scale = nn.Parameter(torch.full((channels,), 1e-6))
        self.stochastic_depth = StochasticDepth(drop_rate, "row")
        self.has_shortcut = has_shortcut

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Apply the block."""
        y_BHWC = self.pointwise(self.norm(self.depthwise(x_BCHW).permute(0, 2, 3, 1))) * self.layer_scale
        y_BCHW: Tensor = self.stochastic_depth(y_BHWC.permute(0, 3, 1, 2))
        return x_BCHW + y_BCHW if self.has_shortcut else y_BCHW
