"""From the value to the module."""

from collections.abc import Callable

from torch import nn

from modsearch.architecture import Architecture
from modsearch.message import must_be
from modsearch.models.backbones.resnet import ResNet

_BUILDERS: dict[str, Callable[[Architecture, int], nn.Module]] = {"resnet_basic": ResNet, "resnet_bottleneck": ResNet}


def build(architecture: Architecture, num_classes: int, image_size: int) -> nn.Module:
    """The network as a torch module with fresh weights: images (B, 3, image_size, image_size) -> logits.

    Raises:
        ValueError: ``num_classes`` is below 1, or the images are too small for the network's strides.
    """
    if num_classes < 1:
        raise ValueError(must_be("num_classes", "at least 1", num_classes))
    smallest = architecture.table.min_image_size(architecture.stem, len(architecture.stages))
    if image_size < smallest:
        rule = f"at least {smallest} pixels for {len(architecture.stages)} stages and the {architecture.stem} stem"
        raise ValueError(must_be("image_size", rule, image_size))
    return _BUILDERS[architecture.backbone](architecture, num_classes)
