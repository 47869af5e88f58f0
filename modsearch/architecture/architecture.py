"""Architecture: the value that says which network is meant."""

import hashlib
import json
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modsearch.architecture.backbone import BACKBONES, Backbone, check_backbone, check_size
from modsearch.architecture.block import Block, MoD, Standard
from modsearch.architecture.number import Width
from modsearch.architecture.placement import Mask, PlacementName, name_placement
from modsearch.message import must_be, parse

Stage = tuple[Block, ...]


class Architecture(BaseModel):
    """A network: a backbone, its stem, the width of each stage and the block in each slot.

    Attributes:
        backbone: a name of ``BACKBONES``.
        stem: ``imagenet`` as published for large images, or ``cifar`` for small ones (a 3x3 convolution in ResNet).
        widths: channels of each stage before expansion.
        stages: the blocks of each stage; a stage's first block must be standard.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    backbone: str
    stem: str
    widths: tuple[Width, ...]
    stages: tuple[Stage, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_backbone(self.backbone, self.stem, "stages", len(self.stages))
        if len(self.widths) != len(self.stages):
            raise ValueError(must_be("widths", f"{len(self.stages)} numbers, one a stage", list(self.widths)))
        for index, stage in enumerate(self.stages):
            _check_stage(f"stages[{index}]", stage, self.table)
            for position, block in enumerate(stage):
                if isinstance(block, MoD):
                    check_mod(f"stages[{index}][{position}]", block, self.table, self.widths[index])
        check_size("widths", self.widths, self.depths)
        return self

    @property
    def table(self) -> Backbone:
        """What is fixed about this network's backbone."""
        return BACKBONES[self.backbone]

    @property
    def depths(self) -> tuple[int, ...]:
        """Number of blocks of each stage."""
        return tuple(len(stage) for stage in self.stages)

    @property
    def masks(self) -> tuple[Mask, ...]:
        """For each stage, which of its blocks are MoD blocks."""
        return tuple(tuple(isinstance(block, MoD) for block in stage) for stage in self.stages)

    @property
    def num_mod_blocks(self) -> int:
        """Number of MoD blocks in all stages."""
        return sum(sum(mask) for mask in self.masks)

    @property
    def placement(self) -> PlacementName:
        """The simplest named placement that describes where the MoD blocks stand."""
        return name_placement(self.masks)

    @property
    def out_channels(self) -> tuple[int, ...]:
        """Channels that leave each stage."""
        return tuple(self.table.out_channels(width) for width in self.widths)

    def stride(self, stage: int) -> int:
        """How much a stage shrinks the image; its first block does."""
        return self.table.strides[self.stem][1 + stage]

    def canonical(self) -> dict[str, Any]:
        """What the network is, without aliases: two descriptions of one network have one canonical form."""
        stages = [
            [block.canonical(channels) for block in stage]
            for stage, channels in zip(self.stages, self.out_channels, strict=True)
        ]
        return {"backbone": self.backbone, "stem": self.stem, "widths": list(self.widths), "stages": stages}

    @property
    def id(self) -> str:
        """12 hex digits of the SHA-256 of the canonical form: the key for caches, file names and repeats."""
        text = json.dumps(self.canonical(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def without_mod(self) -> "Architecture":
        """The deleted form: the same network with its MoD blocks left out. The first control of every MoD network."""
        kept = tuple(tuple(block for block in stage if isinstance(block, Standard)) for stage in self.stages)
        return self.model_copy(update={"stages": kept})

    def plain(self) -> "Architecture":
        """The plain form: the same depths and widths, a standard block in every slot. What MoD saves is saved of it."""
        return self.model_copy(update={"stages": tuple((Standard(),) * depth for depth in self.depths)})

    def with_width(self, factor: float) -> "Architecture":
        """The same network with every width multiplied by ``factor`` and rounded, at least 1."""
        return self.model_copy(update={"widths": tuple(max(1, round(width * factor)) for width in self.widths)})

    def describe(self) -> str:
        """One line, such as ``resnet_bottleneck imagenet 64-128-256-512 [S M64 S | S M64 S M64 | ...]``."""
        stages = " | ".join(" ".join(block.symbol for block in stage) for stage in self.stages)
        return f"{self.backbone} {self.stem} {'-'.join(map(str, self.widths))} [{stages}]"

    def to_json(self) -> str:
        """JSON text that ``from_json`` reads back to an equal value."""
        return self.model_dump_json(exclude_defaults=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Architecture":
        """Read what ``to_json`` wrote, or what a user wrote by hand.

        Raises:
            ValueError: the text is no JSON, or breaks a rule of the table; the message names the field.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:  # the second where brackets stand thousands deep
            raise ValueError(f"An architecture must be valid JSON: {error}.") from None
        return parse(cls, data)

    @classmethod
    def assemble(
        cls, backbone: str, stem: str, widths: tuple[int, ...], masks: tuple[Mask, ...], blocks: tuple[MoD, ...]
    ) -> "Architecture":
        """A network from one mask and one MoD block for each stage."""
        stages = tuple(
            tuple(block if is_mod else Standard() for is_mod in mask) for mask, block in zip(masks, blocks, strict=True)
        )
        return cls(backbone=backbone, stem=stem, widths=widths, stages=stages)


def check_mod(path: str, block: MoD, table: Backbone, width: int) -> None:
    """Raise ValueError where a MoD block cannot stand in a stage of this backbone and width; the message names it."""
    channels = table.out_channels(width)
    k = block.num_selected(channels)
    if channels < table.min_selected:
        rule = f"standard: {table.name} needs k of {table.min_selected} or more, and there are {channels} channels"
        raise ValueError(must_be(path, rule, block.kind))
    if k < table.min_selected:
        rule = f"at most {channels / table.min_selected:g}: {table.name} needs k of {table.min_selected} or more"
        raise ValueError(must_be(f"{path}.c", f"{rule}, and {channels} channels give k = {k}", str(block.c)))
    if not (block.inner_shortcut or table.has_shortcut):
        raise ValueError(must_be(f"{path}.inner_shortcut", f"true: a block of {table.name} has no shortcut", False))
    if not (block.inner_relu or table.has_final_relu):
        raise ValueError(must_be(f"{path}.inner_relu", f"true: a block of {table.name} does not end with ReLU", False))


def _check_stage(path: str, stage: Stage, table: Backbone) -> None:
    if not stage:
        raise ValueError(must_be(path, "a list of at least 1 block", []))
    for index, block in enumerate(stage):
        accepted = table.block_kinds if index else table.first_block_kinds
        if block.kind not in accepted:
            rule = f"{' or '.join(accepted)}: in {table.name} a stage's first block changes the shape"
            raise ValueError(must_be(f"{path}[{index}]", rule, block.kind))
