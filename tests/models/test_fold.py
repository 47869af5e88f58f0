"""Batch-norm folding over the registries."""

import pytest
import torch
from torch import nn

from modsearch.models import fold_batch_norm
from tests.models.tiny import CASES, STEMS, build_tiny, images, tiny


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_folding_keeps_the_output_and_the_callers_model(backbone: str, variant: str) -> None:
    model, x_BCHW = build_tiny(tiny(backbone, variant)).train(), images(3)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    folded = fold_batch_norm(model)
    assert not [module for module in folded.modules() if isinstance(module, nn.BatchNorm2d)]
    assert not any(module.training for module in folded.modules())
    assert all(module.training for module in model.modules())
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    with torch.no_grad():
        torch.testing.assert_close(folded(x_BCHW), model.eval()(x_BCHW), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("backbone", "stem"), STEMS)
def test_one_biased_convolution_stands_for_each_pair(backbone: str, stem: str) -> None:
    model = build_tiny(tiny(backbone, "mod-learned", stem))
    folded = fold_batch_norm(model)
    before, after = ([module for module in net.modules() if isinstance(module, nn.Conv2d)] for net in (model, folded))
    assert len(before) == len(after)
    assert all(conv.bias is not None for conv in after)


def test_batch_norm_does_something_here() -> None:
    """Otherwise folding could drop it unseen."""
    model, x_BCHW = build_tiny(tiny("resnet_basic", "mod-learned")).eval(), images(3)
    with torch.no_grad():
        before = model(x_BCHW)
        for norm in (module for module in model.modules() if isinstance(module, nn.BatchNorm2d)):
            norm.reset_running_stats()
        assert (model(x_BCHW) - before).abs().max() > 0.1
