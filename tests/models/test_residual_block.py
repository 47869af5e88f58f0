"""The residual block: what its flags do, alone and as the inner block of a MoD block."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modsearch.architecture import BACKBONES, MoD
from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.blocks.resnet import ResidualBlock, basic_branch, bottleneck_branch
from modsearch.models.conv import ConvNorm
from tests.models.tiny import build_tiny, tiny, unsettle


class Triple(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return -3 * x


@pytest.mark.parametrize(
    ("has_shortcut", "has_relu", "expected"),
    [
        (True, True, [[0.0, 2.0]]),
        (True, False, [[-2.0, 2.0]]),
        (False, True, [[0.0, 3.0]]),
        (False, False, [[-3.0, 3.0]]),
    ],
)
def test_shortcut_and_relu(has_shortcut: bool, has_relu: bool, expected: list[list[float]]) -> None:
    x = torch.tensor([[1.0, -1.0]])
    assert ResidualBlock(Triple(), None, has_shortcut, has_relu)(x).tolist() == expected
    assert x.tolist() == [[1.0, -1.0]]


def test_projection_replaces_the_identity() -> None:
    block = ResidualBlock(Triple(), Triple(), has_relu=False)
    assert block(torch.ones(1, 2)).tolist() == [[-6.0, -6.0]]


def by_hand(unit: nn.Module, x_BCHW: Tensor, stride: int, padding: int) -> Tensor:
    assert isinstance(unit, ConvNorm)
    conv, norm = unit
    y_BCHW = F.conv2d(x_BCHW, conv.weight, stride=stride, padding=padding)
    scale_C = norm.weight / (norm.running_var + 1e-5).sqrt()
    return (y_BCHW - norm.running_mean[:, None, None]) * scale_C[:, None, None] + norm.bias[:, None, None]


@pytest.mark.parametrize("stride", [1, 2])
def test_basic_branch_is_3x3_3x3_with_the_stride_first(stride: int) -> None:
    branch = basic_branch(4, 6, stride).eval()
    unsettle(branch)
    x_BCHW = torch.randn(2, 4, 8, 8)
    middle = by_hand(branch[0], x_BCHW, stride, 1).relu()
    torch.testing.assert_close(branch(x_BCHW), by_hand(branch[2], middle, 1, 1))


@pytest.mark.parametrize("stride", [1, 2])
def test_bottleneck_branch_is_1x1_3x3_1x1_with_the_stride_in_the_middle(stride: int) -> None:
    branch = bottleneck_branch(4, 2, stride).eval()
    unsettle(branch)
    x_BCHW = torch.randn(2, 4, 8, 8)
    middle = by_hand(branch[2], by_hand(branch[0], x_BCHW, 1, 0).relu(), stride, 1).relu()
    expected = by_hand(branch[4], middle, 1, 0)
    assert expected.shape[1] == 8
    torch.testing.assert_close(branch(x_BCHW), expected)


def first_mod_block(backbone: str, spec: MoD) -> MoDBlock:
    model = build_tiny(tiny(backbone, spec)).eval()
    return next(each for each in model.modules() if isinstance(each, MoDBlock))


def added(block: MoDBlock) -> tuple[Tensor, Tensor]:
    """The first k channels of a random input, and what the block adds to them."""
    channels = {8: 32, 2: 8}[block.k]
    x_BCHW = torch.randn(4, channels, 5, 5, generator=torch.Generator().manual_seed(2))
    return x_BCHW[:, : block.k], (block(x_BCHW) - x_BCHW)[:, : block.k].detach()


@pytest.mark.parametrize("backbone", BACKBONES)
def test_inner_relu_decides_whether_a_negative_can_be_added(backbone: str) -> None:
    _, with_relu = added(first_mod_block(backbone, MoD(c=4, selection="first")))
    _, without = added(first_mod_block(backbone, MoD(c=4, selection="first", inner_relu=False)))
    assert with_relu.min() >= -1e-6
    assert without.min() < -0.1


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("has_shortcut", [True, False])
def test_inner_shortcut_decides_whether_the_input_is_added(backbone: str, has_shortcut: bool) -> None:
    spec = MoD(c=4, selection="first", inner_shortcut=has_shortcut, inner_relu=False)
    block = first_mod_block(backbone, spec)
    assert isinstance(block.inner, ResidualBlock)
    for parameter in block.inner.branch.parameters():
        nn.init.zeros_(parameter)  # the last batch norm then gives 0
    x_BkHW, y_BkHW = added(block)
    torch.testing.assert_close(y_BkHW, x_BkHW if has_shortcut else torch.zeros_like(x_BkHW))
