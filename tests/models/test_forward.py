"""Whole networks over the registries: the ways to run one agree, and none changes what it is given."""

import re

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modsearch.architecture import BACKBONES, MoD
from modsearch.models.blocks.mod import ChannelSelector, MoDBlock
from tests.models.tiny import CASES, KINDS, build_tiny, images, tiny, variant_block


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_evaluation_is_the_same_with_and_without_gradient(backbone: str, variant: str) -> None:
    model, x_BCHW = build_tiny(tiny(backbone, variant)).eval(), images(4)
    before = x_BCHW.clone()
    with_grad = model(x_BCHW).detach()
    with torch.no_grad():
        no_grad = model(x_BCHW)
    with torch.inference_mode():
        inference = model(x_BCHW)
        again = model(x_BCHW)
    torch.testing.assert_close(no_grad, with_grad)
    assert torch.equal(inference, no_grad)
    assert torch.equal(again, inference)
    assert torch.equal(x_BCHW, before)


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_a_hook_on_a_block_keeps_what_the_block_gave(backbone: str, variant: str) -> None:
    """A later MoD block does not add onto it."""
    model, given, kept = build_tiny(tiny(backbone, variant)).eval(), [], []

    def hook(_: nn.Module, __: object, y_BCHW: Tensor) -> None:
        given.append(y_BCHW.clone())
        kept.append(y_BCHW)

    for name, module in model.named_modules():
        if re.fullmatch(r"stem|stages\.\d+\.\d+(\.inner)?", name):
            module.register_forward_hook(hook)
    with torch.inference_mode():
        model(images(2))
    assert len(given) > 4
    assert all(torch.equal(*pair) for pair in zip(given, kept, strict=True))


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_an_image_does_not_depend_on_its_batch(backbone: str, variant: str) -> None:
    model, x_BCHW = build_tiny(tiny(backbone, variant)).eval(), images(3)
    with torch.no_grad():
        one_by_one = torch.cat([model(x_BCHW[index : index + 1]) for index in range(3)])
        torch.testing.assert_close(model(x_BCHW), one_by_one)


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_channels_last_agrees_with_contiguous(backbone: str, variant: str) -> None:
    model, x_BCHW = build_tiny(tiny(backbone, variant)).eval(), images(3)
    with torch.no_grad():
        contiguous = model(x_BCHW)
        model.to(memory_format=torch.channels_last)
        last = model(x_BCHW.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(last, contiguous)


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_training_twice_gives_the_same_gradients_and_leaves_the_input(backbone: str, variant: str) -> None:
    model, x_BCHW = build_tiny(tiny(backbone, variant)).train(), images(4).requires_grad_()
    before, labels_B = x_BCHW.detach().clone(), torch.tensor([0, 1, 2, 3])
    gradients = []
    for _ in range(2):
        model.zero_grad()
        torch.manual_seed(0)  # dropout and stochastic depth draw
        F.cross_entropy(model(x_BCHW), labels_B).backward()
        gradients.append([parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None])
    assert len(gradients[0]) == len(list(model.parameters()))
    for first, second in zip(*gradients, strict=True):
        torch.testing.assert_close(first, second)
    assert torch.equal(x_BCHW.detach(), before)


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_the_gradient_reaches_every_parameter(backbone: str, variant: str) -> None:
    model = build_tiny(tiny(backbone, variant)).train()
    F.cross_entropy(model(images(16)), torch.arange(16) % 5).backward()
    num_selectors = sum(isinstance(module, ChannelSelector) for module in model.modules())
    block = variant_block(variant)
    assert num_selectors == (len(model.stages) if isinstance(block, MoD) and block.has_selector else 0)
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(("backbone", "variant"), KINDS)
def test_one_image_can_be_trained_on(backbone: str, variant: str) -> None:
    model = build_tiny(tiny(backbone, variant)).train()
    F.cross_entropy(model(images(1)), torch.tensor([3])).backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_weights_are_all_that_a_network_is(backbone: str, variant: str) -> None:
    source, target = (build_tiny(tiny(backbone, variant), seed).eval() for seed in (0, 1))
    x_BCHW = images(3)
    with torch.no_grad():
        assert not torch.allclose(source(x_BCHW), target(x_BCHW))
        target.load_state_dict(source.state_dict())
        assert torch.equal(source(x_BCHW), target(x_BCHW))


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_block_that_selects_all_channels_adds_score_times_block(backbone: str) -> None:
    model = build_tiny(tiny(backbone, MoD(c=1, reduction=2))).eval()
    block = next(module for module in model.modules() if isinstance(module, MoDBlock))
    assert block.selector is not None
    channels = block.selector.squeeze.in_features
    x_BCHW = torch.randn(2, channels, 6, 6, generator=torch.Generator().manual_seed(1))
    score_BC11 = block.selector(x_BCHW).sigmoid()[:, :, None, None]
    torch.testing.assert_close(block(x_BCHW), x_BCHW + score_BC11 * block.inner(x_BCHW))
