"""The residual blocks of ResNet (arXiv 1512.03385), stride on the 3x3 convolution as in torchvision."""

from torch import Tensor, nn

from modsearch.models.conv import ConvNorm


class ResidualBlock(nn.Module):
    """(B, C_in, H, W) -> (B, C_out, H / stride, W / stride): ReLU(branch(x) + shortcut(x)).

    Args:
        branch: the residual branch.
        projection: makes the shortcut fit where the branch changes the shape.
        has_shortcut: False leaves the shortcut out.
        has_relu: False leaves the final ReLU out.
    """

    def __init__(
        self, branch: nn.Module, projection: nn.Module | None, has_shortcut: bool = True, has_relu: bool = True
    ) -> None:
        super().__init__()
        self.branch = branch
        self.projection = projection
        self.has_shortcut = has_shortcut
        self.has_relu = has_relu

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Apply the block."""
        y_BCHW: Tensor = self.branch(x_BCHW)
        if self.has_shortcut:
            y_BCHW = y_BCHW + (x_BCHW if self.projection is None else self.projection(x_BCHW))
        return y_BCHW.relu_() if self.has_relu else y_BCHW


def basic_branch(in_channels: int, inside: int, out_channels: int, stride: int = 1) -> nn.Module:
    """3x3 -> 3x3, with ``inside`` channels between them."""
    first, second = ConvNorm(in_channels, inside, 3, stride), ConvNorm(inside, out_channels, 3)
    return nn.Sequential(first, nn.ReLU(inplace=True), second)


def bottleneck_branch(in_channels: int, inside: int, out_channels: int, stride: int = 1) -> nn.Module:
    """1x1 -> 3x3 -> 1x1, with ``inside`` channels between them."""
    return nn.Sequential(
        ConvNorm(in_channels, inside, 1),
        nn.ReLU(inplace=True),
        ConvNorm(inside, inside, 3, stride),
        nn.ReLU(inplace=True),
        ConvNorm(inside, out_channels, 1),
    )
