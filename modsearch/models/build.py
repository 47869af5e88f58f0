"""From the value to the module."""

from collections.abc import Callable

from torch import nn

from modsearch.architecture import Architecture
from modsearch.message import must_be
from modsearch.models.backbones.convnext import ConvNeXtParts
from modsearch.models.backbones.mobilenet_v2 import MobileNetV2Parts
from modsearch.models.backbones.resnet import ResNetParts
from modsearch.models.backbones.vgg import VGGParts
from modsearch.models.family import Parts
from modsearch.models.network import Network

_PARTS: dict[str, Callable[[Architecture], Parts]] = {
    "resnet_basic": ResNetParts,
    "resnet_bottleneck": ResNetParts,
    "vgg_bn": VGGParts,
    "mobilenet_v2": MobileNetV2Parts,
    "convnext": ConvNeXtParts,
}


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
    return Network(architecture, _PARTS[architecture.backbone](architecture), num_classes)
