"""What a MoD block takes besides its input, when no gradient is recorded."""

import pytest
import torch
from torch import Tensor, nn
from torch.profiler import profile

from modsearch.architecture import preset
from modsearch.models import build, fold_batch_norm
from modsearch.models.blocks.mod import MoDBlock

SIZES = (56, 28, 14, 7)  # of the stages of a ResNet at 224 pixels


def peak_bytes(module: nn.Module, x_BCHW: Tensor) -> int:
    """The most that was allocated at one time while the module ran."""
    with torch.inference_mode():
        module(x_BCHW)
        with profile(profile_memory=True) as profiler:
            module(x_BCHW)
    events = (
        profiler.profiler.kineto_results.events()
    )  # those of the public list leave out what an operator frees itself
    changes = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
    held, peak = 0, 0
    for _, change in changes:
        held += change
        peak = max(peak, held)
    return peak


@pytest.mark.parametrize("stage", range(4))
@pytest.mark.parametrize("batch_size", [1, 8])
def test_a_bottleneck_at_c_64_takes_a_tenth_of_its_input_and_two_doubles_a_channel(stage: int, batch_size: int) -> None:
    """The doubles are what scores are compared as: they count where a channel has few pixels."""
    network = preset("resnet50_mod").architecture
    block = fold_batch_norm(build(network, num_classes=10, image_size=224)).get_submodule(f"stages.{stage}.1")
    assert isinstance(block, MoDBlock)
    x_BCHW = torch.randn(batch_size, network.out_channels[stage], SIZES[stage], SIZES[stage])
    assert peak_bytes(block, x_BCHW) <= 0.1 * x_BCHW.nbytes + 2 * 8 * batch_size * x_BCHW.shape[1]


def test_the_meter_sees_a_copy() -> None:
    x_BCHW = torch.randn(2, 64, 32, 32)
    assert peak_bytes(nn.Identity(), x_BCHW) == 0
    assert peak_bytes(nn.Tanh(), x_BCHW) >= x_BCHW.nbytes
