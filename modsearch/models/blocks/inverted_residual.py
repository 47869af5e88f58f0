"""The inverted residual of MobileNetV2 (arXiv 1801.04381, section 3.3)."""

from fractions import Fraction

from torch import Tensor, nn

from modsearch.models.conv import ConvNorm
from modsearch.models.family import WHOLE, narrowed


class InvertedResidual(nn.Module):
    """1x1 expand -> depthwise 3x3 -> 1x1 project, no activation after it: (B, C_in, H, W) -> (B, C_out, H/s, W/s).

    Args:
        in_channels: C_in.
        out_channels: C_out.
        stride: s, of the depthwise convolution.
        expansion: t; 1 leaves the expanding convolution out, unless the block is narrowed.
        ratio: of the channels inside to the t x C_in that are usual.
        has_shortcut: the input is added where the shape is kept; False leaves it out there too.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int,
        expansion: int,
        has_shortcut: bool = True,
        ratio: Fraction = WHOLE,
    ) -> None:
        super().__init__()
        hidden = narrowed(in_channels * expansion, ratio)
        is_expanded = expansion > 1 or ratio != 1
        expand = [ConvNorm(in_channels, hidden, 1), nn.ReLU6(inplace=True)] if is_expanded else []
        self.branch = nn.Sequential(
            *expand,
            ConvNorm(hidden, hidden, 3, stride, groups=hidden),
            nn.ReLU6(inplace=True),
            ConvNorm(hidden, out_channels, 1),
        )
        self.has_shortcut = has_shortcut and stride == 1 and in_channels == out_channels

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Apply the block."""
        y_BCHW: Tensor = self.branch(x_BCHW)
        return x_BCHW + y_BCHW if self.has_shortcut else y_BCHW
