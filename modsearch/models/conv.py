"""Convolution with batch norm, the unit that is folded for deployment."""

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class ConvNorm(nn.Sequential):
    """A convolution followed by batch norm: (B, C_in, H, W) -> (B, C_out, H', W')."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> None:
        conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=bias)
        super().__init__(conv, nn.BatchNorm2d(out_channels))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Convolve and normalise.

        On the CPU, channels last, torch trains batch norm of less than 8 channels, a vector, some ten times slower: so
        contiguous there.
        """
        conv, norm = self
        y_BCHW: Tensor = conv(x_BCHW)
        if self.training and y_BCHW.shape[1] < 8 and not y_BCHW.is_cuda:
            y_BCHW = y_BCHW.contiguous()
        return norm(y_BCHW)  # type: ignore[no-any-return]

    def fold(self) -> nn.Conv2d:
        """The one convolution that does the same in evaluation mode."""
        conv, norm = self
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        return fuse_conv_bn_eval(conv.eval(), norm.eval())
