"""Against what torchvision says of its own weights."""

import pytest
from torchvision.models import get_model_weights

from tests.golden.conftest import CountPreset

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
