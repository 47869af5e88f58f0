"""The MoD block against a slow implementation written from the text of arXiv 2409.17016, one image at a time."""

import math

import pytest
import torch
from torch import Tensor, nn

from modsearch.architecture import MoD
from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.blocks.resnet import ResidualBlock, basic_branch, bottleneck_branch
from tests.models.tiny import SELECTIONS, unsettle

CHANNELS = 12


def make_block(spec: MoD, channels: int = CHANNELS, inner: str = "basic", in_place: bool = False) -> MoDBlock:
    """In evaluation mode, so that an image's result does not depend on its batch."""
    torch.manual_seed(0)
    k = spec.num_selected(channels)
    branch = basic_branch(k, k, k) if inner == "basic" else bottleneck_branch(k, max(1, k // 4), k)
    block = MoDBlock(spec, channels, ResidualBlock(branch, None), is_input_free=in_place).eval()
    block.works_in_place = in_place
    unsettle(block)
    return block


def make_input(batch_size: int = 5, channels: int = CHANNELS) -> Tensor:
    return torch.randn(batch_size, channels, 4, 6, generator=torch.Generator().manual_seed(3))


def selector_scores(block: MoDBlock, x_CHW: Tensor) -> list[float]:
    """Pool -> linear -> ReLU -> linear -> sigmoid, number by number."""
    assert block.selector is not None
    pooled = [channel.sum().item() / channel.numel() for channel in x_CHW]
    hidden = [
        max(0.0, sum(w * p for w, p in zip(row, pooled, strict=True))) for row in block.selector.squeeze.weight.tolist()
    ]
    logits = [sum(w * h for w, h in zip(row, hidden, strict=True)) for row in block.selector.excite.weight.tolist()]
    return [1 / (1 + math.exp(-logit)) for logit in logits]


def slow_forward(block: MoDBlock, x_BCHW: Tensor, k: int) -> Tensor:
    """The chosen channels in index order through the inner block, times their scores, onto those of ``position``."""
    spec, results = block.spec, []
    for x_CHW in x_BCHW:
        num_channels = len(x_CHW)
        factors = selector_scores(block, x_CHW) if spec.has_selector else [1.0] * num_channels
        chosen = list(range(k))
        if spec.selection == "learned":
            chosen = sorted(sorted(range(num_channels), key=lambda channel: factors[channel], reverse=True)[:k])
        elif spec.selection == "random":
            chosen = block.fixed_k.tolist()
        targets = {"first": list(range(k)), "last": list(range(num_channels - k, num_channels)), "original": chosen}
        inner_kHW = block.inner(torch.stack([x_CHW[channel] for channel in chosen])[None])[0]
        y_CHW = x_CHW.clone()
        for slot, (channel, target) in enumerate(zip(chosen, targets[spec.position], strict=True)):
            kept = x_CHW[target] if spec.rule == "add" else 0.0
            y_CHW[target] = kept + factors[channel] * inner_kHW[slot]
        results.append(y_CHW)
    return torch.stack(results)


@pytest.mark.parametrize("inner", ["basic", "bottleneck"])
@pytest.mark.parametrize(("c", "k"), [(64, 1), (5, 2), (1.5, 8), (1, 12)])
def test_forward_equals_the_slow_one(c: float, k: int, inner: str) -> None:
    block, x_BCHW = make_block(MoD(c=c, reduction=2), inner=inner), make_input()
    with torch.no_grad():
        torch.testing.assert_close(block(x_BCHW), slow_forward(block, x_BCHW, k))


VARIANTS = [
    {"selection": selection, "position": position, "rule": rule}
    for selection in SELECTIONS
    for position in ("first", "last", "original")
    for rule in ("add", "replace")
]


@pytest.mark.parametrize("fields", VARIANTS, ids=lambda fields: "-".join(fields.values()))
@pytest.mark.parametrize(("c", "k"), [(64, 1), (1.5, 8), (1, 12)])
def test_every_variant_equals_the_slow_one(fields: dict[str, str], c: float, k: int) -> None:
    spec = MoD.model_validate({"c": c, "reduction": 2, **fields})
    expected = slow_forward(make_block(spec), make_input(), k)
    for in_place in (False, True):
        block, x_BCHW = make_block(spec, in_place=in_place), make_input()
        torch.testing.assert_close(block(x_BCHW), expected)
        assert torch.equal(x_BCHW, make_input())  # a gradient is recorded
        with torch.no_grad():
            y_BCHW = block(x_BCHW)
        torch.testing.assert_close(y_BCHW, expected)
        assert (y_BCHW.data_ptr() == x_BCHW.data_ptr()) == in_place
        assert torch.equal(x_BCHW, y_BCHW if in_place else make_input())
        torch.testing.assert_close(block(make_input().contiguous(memory_format=torch.channels_last)), expected)


def test_the_selection_differs_from_image_to_image() -> None:
    """Otherwise the test above would not see a selection that is shared by the batch."""
    block = make_block(MoD(c=4, reduction=2))
    chosen = {tuple(torch.tensor(selector_scores(block, x_CHW)).topk(3).indices.tolist()) for x_CHW in make_input(8)}
    assert len(chosen) > 1


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize(("position", "fused"), [("first", slice(0, 3)), ("last", slice(9, 12))])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_other_channels_pass_bit_for_bit(selection: str, position: str, fused: slice, in_place: bool) -> None:
    spec = MoD.model_validate({"c": 4, "reduction": 2, "selection": selection, "position": position})
    block, x_BCHW = make_block(spec, in_place=in_place), make_input()
    for grad in (True, False):
        with torch.set_grad_enabled(grad):
            is_changed_BC = (block(x_BCHW.clone()) != x_BCHW).any(dim=3).any(dim=2)
        expected_C = torch.zeros(CHANNELS, dtype=torch.bool)
        expected_C[fused] = True
        assert torch.equal(is_changed_BC, expected_C.expand(5, -1))


@pytest.mark.parametrize(("reduction", "num_hidden"), [(2, 6), (4, 3), (16, 1)])
def test_the_selector_has_two_linear_layers_without_bias(reduction: int, num_hidden: int) -> None:
    selector = make_block(MoD(c=4, reduction=reduction)).selector
    assert selector is not None
    shapes = [tuple(parameter.shape) for parameter in selector.parameters()]
    assert shapes == [(num_hidden, CHANNELS), (CHANNELS, num_hidden)]


@pytest.mark.parametrize("reduction", [2, 3, 6, 12])  # 6, 4, 2 and 1 hidden units
def test_a_fresh_selector_is_active_for_any_image(reduction: int) -> None:
    torch.manual_seed(0)
    selector = MoDBlock(MoD(c=4, reduction=reduction), CHANNELS, nn.Identity()).selector
    assert selector is not None
    logits_BC = selector(make_input(200) if reduction < 12 else make_input(200).abs())
    assert (logits_BC != 0).any(dim=1).all()


def test_first_selection_takes_the_first_k_and_scales_nothing() -> None:
    block, x_BCHW = make_block(MoD(c=4, selection="first")), make_input()
    expected = x_BCHW.clone()
    expected[:, :3] += block.inner(x_BCHW[:, :3])
    torch.testing.assert_close(block(x_BCHW), expected)
    assert block.selector is None
    assert not [name for name in block.state_dict() if not name.startswith("inner.")]


def test_random_selection_takes_a_fixed_set_in_index_order() -> None:
    block, x_BCHW = make_block(MoD(c=4, selection="random")), make_input()
    chosen = block.state_dict()["fixed_k"].tolist()
    assert chosen == sorted(set(chosen))
    assert len(chosen) == 3
    expected = x_BCHW.clone()
    expected[:, :3] += block.inner(x_BCHW[:, chosen])
    torch.testing.assert_close(block(x_BCHW), expected)
    assert torch.equal(block(x_BCHW), block(x_BCHW))


def test_random_selection_is_restored_with_the_weights() -> None:
    spec, x_BCHW = MoD(c=2, selection="random"), make_input()
    source, target = make_block(spec), make_block(spec)
    target.fixed_k = torch.arange(6)
    assert source.fixed_k.tolist() != target.fixed_k.tolist()
    target.load_state_dict(source.state_dict())
    assert torch.equal(source.fixed_k, target.fixed_k)
    assert torch.equal(source(x_BCHW), target(x_BCHW))


def test_random_selections_of_two_blocks_differ() -> None:
    drawn = {tuple(MoDBlock(MoD(c=2, selection="random"), 64, nn.Identity()).fixed_k.tolist()) for _ in range(2)}
    assert len(drawn) == 2


@pytest.mark.parametrize("fields", VARIANTS, ids=lambda fields: "-".join(fields.values()))
def test_gradients_equal_finite_differences(fields: dict[str, str]) -> None:
    spec = MoD.model_validate({"c": 2, "reduction": 2, **fields})
    block = make_block(spec, channels=4).double()
    x_BCHW = torch.randn(2, 4, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    names, values = zip(*block.named_parameters(), strict=True)

    def call(x_BCHW: Tensor, *parameters: Tensor) -> Tensor:
        return torch.func.functional_call(block, dict(zip(names, parameters, strict=True)), x_BCHW)  # type: ignore[no-any-return]

    assert torch.autograd.gradcheck(call, (x_BCHW.requires_grad_(), *values))


def test_scores_keep_32_bits_under_autocast() -> None:
    block, x_BCHW = make_block(MoD(c=5, reduction=2)), make_input()
    assert block.selector is not None
    exact_BC = block.selector(x_BCHW)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(block.selector(x_BCHW), exact_BC)
        assert block(x_BCHW).dtype == x_BCHW.dtype
