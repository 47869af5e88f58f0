"""Backbone tables: what is fixed about a family of networks, whatever its depths and widths."""

from collections.abc import Sequence
from dataclasses import dataclass

from modsearch.message import must_be, one_of

STEM_STRIDE = {"imagenet": 4, "cifar": 1}
"""Stems and how much they shrink an image: 7x7 convolution and pool (``imagenet``), or 3x3 convolution (``cifar``)."""


@dataclass(frozen=True)
class Backbone:
    """A family of networks as a table.

    Attributes:
        name: the name that an architecture carries.
        expansion: output channels of a block / width of its stage.
        stems: the stems that it can start with.
        num_stages: how many stages it may have.
        block_kinds: the block kinds that a slot accepts, unless it is the first of its stage.
        first_block_kinds: the block kinds that a stage's first slot accepts: it changes the shape, a MoD block cannot.
    """

    name: str
    expansion: int
    stems: tuple[str, ...] = ("imagenet", "cifar")
    num_stages: tuple[int, ...] = (3, 4)
    block_kinds: tuple[str, ...] = ("standard", "mod")
    first_block_kinds: tuple[str, ...] = ("standard",)

    def out_channels(self, width: int) -> int:
        """Channels that leave a stage of the given width, and that its MoD blocks choose from."""
        return width * self.expansion

    def min_image_size(self, stem: str, num_stages: int) -> int:
        """The smallest image, in pixels, that still covers one position of the last stage."""
        return int(STEM_STRIDE[stem] * 2 ** (num_stages - 1))


BACKBONES = {
    each.name: each for each in (Backbone("resnet_basic", expansion=1), Backbone("resnet_bottleneck", expansion=4))
}


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
