"""Against torchvision: what it says of its own weights, and what its networks give with the same ones."""

import pytest
import torch
from torchvision.models import get_model, get_model_weights

from modsearch.architecture import preset
from modsearch.models import build, load_torchvision
from tests.golden.conftest import CountPreset
from tests.models.tiny import images, unsettle

PLAIN = (
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg16_bn", "vgg19_bn", "mobilenet_v2"),
    *("convnext_tiny", "convnext_small", "convnext_base"),
)


@pytest.mark.parametrize("name", PLAIN)
def test_plain_networks_are_torchvisions(name: str, count_preset: CountPreset) -> None:
    meta = get_model_weights(name).IMAGENET1K_V1.meta
    counted = count_preset(name)
    assert counted.params == meta["num_params"]
    assert round(counted.gmacs, 3) == meta["_ops"]


@pytest.mark.parametrize("name", PLAIN)
def test_every_name_of_torchvisions_has_its_place(name: str) -> None:
    with torch.device("meta"):
        theirs = get_model(name).state_dict()
        ours = build(preset(name).architecture, 1000, 224)
    report = load_torchvision(ours, preset(name).architecture, name, theirs)
    assert (report.missing, report.unused) == ((), ())
    assert len(report.loaded) == len([key for key in theirs if not key.endswith("num_batches_tracked")])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "vgg16_bn", "mobilenet_v2", "convnext_tiny"])
def test_with_torchvisions_weights_the_output_is_torchvisions(name: str) -> None:
    torch.manual_seed(0)
    with torch.device("meta"):
        theirs, ours = get_model(name), build(preset(name).architecture, 1000, 224)
    for model in (theirs.to_empty(device="cpu"), ours.to_empty(device="cpu")):
        model.eval()
    for tensor in theirs.state_dict().values():
        if tensor.ndim > 1:  # keeps the variance from layer to layer, which torchvision's own draw takes longer for
            torch.nn.init.normal_(tensor, std=tensor[0].numel() ** -0.5)
        elif tensor.is_floating_point():
            torch.nn.init.zeros_(tensor)
    unsettle(theirs)
    load_torchvision(ours, preset(name).architecture, name, theirs.state_dict())
    x_BCHW = images(2, 64)
    with torch.inference_mode():
        expected = theirs(x_BCHW)
        torch.testing.assert_close(ours(x_BCHW), expected, rtol=1e-4, atol=1e-4 * expected.std().item())
    assert expected.std() > 1e-3
