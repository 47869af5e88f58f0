"""Standard blocks by hand, and what their flags do, alone and as the inner block of a MoD block."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modsearch.architecture import BACKBONES, MoD
from modsearch.models.blocks.convnext import CNBlock
from modsearch.models.blocks.inverted_residual import InvertedResidual
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
    y_BCHW = F.conv2d(x_BCHW, conv.weight, stride=stride, padding=padding, groups=conv.groups)
    scale_C = norm.weight / (norm.running_var + 1e-5).sqrt()
    return (y_BCHW - norm.running_mean[:, None, None]) * scale_C[:, None, None] + norm.bias[:, None, None]


@pytest.mark.parametrize("stride", [1, 2])
def test_basic_branch_is_3x3_3x3_with_the_stride_first(stride: int) -> None:
    branch = basic_branch(4, 6, 6, stride).eval()
    unsettle(branch)
    x_BCHW = torch.randn(2, 4, 8, 8)
    middle = by_hand(branch[0], x_BCHW, stride, 1).relu()
    torch.testing.assert_close(branch(x_BCHW), by_hand(branch[2], middle, 1, 1))


@pytest.mark.parametrize("stride", [1, 2])
def test_bottleneck_branch_is_1x1_3x3_1x1_with_the_stride_in_the_middle(stride: int) -> None:
    branch = bottleneck_branch(4, 2, 8, stride).eval()
    unsettle(branch)
    x_BCHW = torch.randn(2, 4, 8, 8)
    middle = by_hand(branch[2], by_hand(branch[0], x_BCHW, 1, 0).relu(), stride, 1).relu()
    expected = by_hand(branch[4], middle, 1, 0)
    assert expected.shape[1] == 8
    torch.testing.assert_close(branch(x_BCHW), expected)


def first_mod_block(backbone: str, spec: MoD) -> MoDBlock:
    model = build_tiny(tiny(backbone, spec)).eval()
    return next(module for module in model.modules() if isinstance(module, MoDBlock))


def added(block: MoDBlock) -> tuple[Tensor, Tensor]:
    """The first k channels of a random input, and what the block adds to them."""
    x_BCHW = torch.randn(4, 4 * block.k, 5, 5, generator=torch.Generator().manual_seed(2))
    return x_BCHW[:, : block.k], (block(x_BCHW) - x_BCHW)[:, : block.k].detach()


@pytest.mark.parametrize("backbone", [name for name, table in BACKBONES.items() if table.has_final_relu])
def test_inner_relu_decides_whether_a_negative_can_be_added(backbone: str) -> None:
    _, with_relu = added(first_mod_block(backbone, MoD(c=4, selection="first")))
    _, without = added(first_mod_block(backbone, MoD(c=4, selection="first", inner_relu=False)))
    assert with_relu.min() >= -1e-6
    assert without.min() < -0.1


@pytest.mark.parametrize("backbone", [name for name, table in BACKBONES.items() if table.has_shortcut])
@pytest.mark.parametrize("has_shortcut", [True, False])
def test_inner_shortcut_decides_whether_the_input_is_added(backbone: str, has_shortcut: bool) -> None:
    has_relu = BACKBONES[backbone].has_final_relu
    spec = MoD(c=4, selection="first", inner_shortcut=has_shortcut, inner_relu=not has_relu)
    block = first_mod_block(backbone, spec)
    for parameter in block.inner.parameters():
        nn.init.zeros_(parameter)  # the last batch norm or the layer scale then gives 0
    x_BkHW, y_BkHW = added(block)
    torch.testing.assert_close(y_BkHW, x_BkHW if has_shortcut else torch.zeros_like(x_BkHW))


def test_the_blocks_of_other_families_by_hand() -> None:
    """Depthwise 7x7, norm over channels, two linear layers, scale; and 1x1, depthwise 3x3, 1x1 with ReLU6 between."""
    x_BCHW = torch.randn(2, 4, 8, 8)
    block = CNBlock(4, 16).eval()
    unsettle(block)
    expand, _, project = block.pointwise
    y_BCHW = F.conv2d(x_BCHW, block.depthwise.weight, block.depthwise.bias, padding=3, groups=4)
    centred_BCHW = y_BCHW - y_BCHW.mean(1, keepdim=True)
    y_BHWC = (centred_BCHW / (y_BCHW.var(1, unbiased=False, keepdim=True) + 1e-6).sqrt()).permute(0, 2, 3, 1)
    y_BHWC = F.gelu((y_BHWC * block.norm.weight + block.norm.bias) @ expand.weight.T + expand.bias)
    y_BHWC = (y_BHWC @ project.weight.T + project.bias) * block.layer_scale
    torch.testing.assert_close(block(x_BCHW), x_BCHW + y_BHWC.permute(0, 3, 1, 2))

    residual = InvertedResidual(4, 4, stride=1, expansion=6).eval()
    unsettle(residual)
    wide_BCHW = by_hand(residual.branch[0], x_BCHW, 1, 0).clamp(0, 6)
    wide_BCHW = by_hand(residual.branch[2], wide_BCHW, 1, 1).clamp(0, 6)
    torch.testing.assert_close(residual(x_BCHW), x_BCHW + by_hand(residual.branch[4], wide_BCHW, 1, 0))
    assert not InvertedResidual(4, 4, stride=2, expansion=6).has_shortcut
    assert not InvertedResidual(4, 8, stride=1, expansion=6).has_shortcut
