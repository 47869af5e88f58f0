"""Backbone tables: what is fixed about a family of networks, whatever its depths and widths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from modsearch.message import must_be, one_of

_RESNET_STRIDES = {"imagenet": (4, 1, 2, 2, 2), "cifar": (1, 1, 2, 2, 2)}
_VGG_STRIDES = (1, 1, 2, 2, 2, 2)


@dataclass(frozen=True)
class Backbone:
    """A family of networks as a table.

    Attributes:
        name: the name that an architecture carries.
        strides: for each stem that the family can start with, how much the stem and then each stage shrink the image.
        head_stride: how much the head shrinks it before it takes a mean.
        num_stages: how many stages it may have.
        expansion: output channels of a block / width of its stage.
        has_inside: a block has channels inside that do not leave it, so that it could have fewer of them.
        min_selected: the smallest k that a MoD block may have.
        has_shortcut: a block adds its input to its result.
        has_final_relu: a block ends with a ReLU.
    """

    name: str
    strides: Mapping[str, tuple[int, ...]]
    num_stages: tuple[int, ...]
    head_stride: int = 1
    expansion: int = 1
    has_inside: bool = True
    min_selected: int = 1
    has_shortcut: bool = True
    has_final_relu: bool = True

    @property
    def stems(self) -> tuple[str, ...]:
        """The stems that the family can start with: ``imagenet`` for large images, ``cifar`` for 32 pixels."""
        return tuple(self.strides)

    def out_channels(self, width: int) -> int:
        """Channels that leave a stage of the given width, and that its MoD blocks choose from."""
        return width * self.expansion

    def min_image_size(self, stem: str, num_stages: int) -> int:
        """The smallest image, in pixels, that still covers one position where the mean is taken."""
        return prod(self.strides[stem][: 1 + num_stages]) * self.head_stride


BACKBONES = {
    backbone.name: backbone
    for backbone in (
        Backbone("resnet_basic", _RESNET_STRIDES, num_stages=(3, 4)),
        Backbone("resnet_bottleneck", _RESNET_STRIDES, num_stages=(3, 4), expansion=4),
        Backbone(
            "vgg_bn",
            {"imagenet": _VGG_STRIDES, "cifar": _VGG_STRIDES},
            num_stages=(3, 4, 5),
            head_stride=2,
            has_inside=False,
            has_shortcut=False,
        ),
        Backbone(
            "mobilenet_v2",
            {"imagenet": (2, 1, 2, 2, 2, 1, 2, 1), "cifar": (1, 1, 1, 2, 2, 1, 2, 1)},
            num_stages=(7,),
            has_final_relu=False,
        ),
        Backbone("convnext", _RESNET_STRIDES, num_stages=(3, 4), min_selected=8, has_final_relu=False),
    )
}
"""Every family by name. The ``cifar`` forms of MobileNetV2 and ConvNeXt are ours: the same stages, and a 3x3 stem that
keeps the image's size; MobileNetV2's second stage keeps it as well."""

_MAX_DEPTH = 400  # twice the blocks of a stage of ResNet-1202
_MAX_SIZE = 2**26  # some 1e9 parameters; resnet152 has 3.3e6 of this size


def check_size(field: str, widths: Sequence[int], depths: Sequence[int]) -> None:
    """Raise ValueError where a network would fill the memory: its size is the sum of width^2 x depth."""
    if max(depths) > _MAX_DEPTH:
        raise ValueError(must_be("stages", f"of {_MAX_DEPTH} blocks or less each", max(depths)))
    size = sum(width**2 * depth for width, depth in zip(widths, depths, strict=True))
    if size > _MAX_SIZE:
        rule = f"narrower for stages of {list(depths)} blocks: the sum of width^2 x depth is at most {_MAX_SIZE:,}"
        raise ValueError(must_be(field, rule, list(widths)))


def check_backbone(backbone: str, stem: str, field: str, num_stages: int) -> None:
    """Raise ValueError where there is no such backbone, or not with this stem or number of stages.

    Args:
        backbone: a name of ``BACKBONES``.
        stem: how the network starts.
        field: the field that the stages stand in.
        num_stages: how many there are.
    """
    if backbone not in BACKBONES:
        raise ValueError(must_be("backbone", one_of(BACKBONES), backbone, BACKBONES))
    table = BACKBONES[backbone]
    if stem not in table.stems:
        raise ValueError(must_be("stem", one_of(table.stems), stem, table.stems))
    if num_stages not in table.num_stages:
        rule = f"a list of {' or '.join(map(str, table.num_stages))} stages for {backbone}"
        raise ValueError(must_be(field, rule, num_stages))
