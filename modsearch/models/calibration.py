"""Calibration: fresh networks whose activations have the range of trained ones, for number formats of 16 bits."""

import torch
from torch import Tensor, nn

from modsearch.models.blocks.convnext import CNBlock


def calibrate(model: nn.Module, x_BCHW: Tensor) -> None:
    """Give a network with drawn weights what training would have given it, so that float16 holds what it computes.

    Fresh batch norm changes nothing: over the blocks of a ResNet activations grow to 4e8, beyond float16, and over
    those of MobileNetV2 they shrink until they are denormal. So each batch norm takes the statistics of these images,
    in one pass. ConvNeXt's layer scale begins at 1e-6, which is denormal itself: it becomes 1. Linear layers, of which
    VGG's classifier shrinks everything to 1e-5, are scaled so that their outputs deviate by 1.

    Args:
        model: in evaluation mode, in float32; is changed.
        x_BCHW: enough of them that the statistics of their last features are some.
    """
    hooks = []
    for module in model.modules():
        if isinstance(module, CNBlock):
            nn.init.ones_(module.layer_scale)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the mean over all passes: of this one alone
            module.train()
        elif isinstance(module, nn.Linear):
            hooks.append(module.register_forward_hook(_scale))
    with torch.no_grad():
        model(x_BCHW)
    for hook in hooks:
        hook.remove()
    model.eval()


def _scale(layer: nn.Module, _: tuple[Tensor, ...], y: Tensor) -> Tensor:
    """Scale a linear layer, and what it gives."""
    assert isinstance(layer, nn.Linear)
    factor = 1 / y.std().clamp_min(1e-6)  # of nothing comes nothing
    layer.weight.mul_(factor)
    if layer.bias is not None:
        layer.bias.mul_(factor)
    return y * factor
