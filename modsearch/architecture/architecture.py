"""Architecture: the value that says which network is meant."""

import hashlib
import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property, partial
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modsearch.architecture.backbone import BACKBONES, Backbone, check_backbone, check_size
from modsearch.architecture.block import Block, Standard
from modsearch.architecture.narrow import Narrow
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
                block.check(f"stages[{index}][{position}]", self.table, self.widths[index])
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
        """For each stage, which of its blocks are light: of another kind than the standard one."""
        return tuple(tuple(not block.is_standard for block in stage) for stage in self.stages)

    @property
    def num_light_blocks(self) -> int:
        """Number of blocks in all stages that are not standard."""
        return sum(sum(mask) for mask in self.masks)

    @property
    def num_mod_blocks(self) -> int:
        """Number of MoD blocks in all stages."""
        return sum(block.kind == "mod" for stage in self.stages for block in stage)

    @property
    def light_label(self) -> str:
        """What its light blocks are called, such as ``MoD``; empty for a plain network."""
        labels = {block.label for stage in self.stages for block in stage if not block.is_standard}
        return " and ".join(sorted(labels))

    @property
    def placement(self) -> PlacementName:
        """The simplest named placement that describes where the light blocks stand."""
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

    @cached_property
    def id(self) -> str:
        """12 hex digits of the SHA-256 of the canonical form: the key for caches, file names and repeats."""
        text = json.dumps(self.canonical(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, with other values for some fields; its id is its own."""
        found = super().model_copy(update=update, deep=deep)
        found.__dict__.pop("id", None)
        return found

    def deleted(self) -> "Architecture":
        """The deleted form: the same network with its light blocks left out. The first control of every MoD network."""
        kept = tuple(tuple(block for block in stage if block.is_standard) for stage in self.stages)
        return self.model_copy(update={"stages": kept})

    def plain(self) -> "Architecture":
        """The plain form: the same depths and widths, a standard block in every slot. Savings are counted from it."""
        return self.model_copy(update={"stages": tuple((Standard(),) * depth for depth in self.depths)})

    def controls(self) -> dict[str, "Architecture"]:
        """What a network of light blocks is held against: its deleted form, and its blocks without their own idea.

        Such as ``random``: channels of MoD blocks drawn once, whatever the image. Empty for a plain network. A form is
        left out that is the network itself or another one of them, as where all channels are selected. Narrow blocks
        in their place are ``narrowed``, for they have a ratio to be chosen.
        """
        if not self.num_light_blocks:
            return {}
        names = sorted({name for stage in self.stages for block in stage for name in block.controls()})
        forms = {"deleted": self.deleted()} | {name: self._each(partial(_control, name)) for name in names}
        first = {form.id: name for name, form in reversed(forms.items())}
        return {name: form for name, form in forms.items() if first[form.id] == name and form.id != self.id}

    def narrowed(self, ratio: Fraction) -> "Architecture":
        """The same network with narrow blocks of this ratio in the place of its light ones.

        Raises:
            ValueError: a block of its backbone has no channels inside.
        """
        narrow = Narrow(ratio=ratio)
        for index, (stage, width) in enumerate(zip(self.stages, self.widths, strict=True)):
            if not all(block.is_standard for block in stage):
                narrow.check(f"stages[{index}]", self.table, width)
        return self._each(lambda block: block if block.is_standard else narrow)

    def _each(self, change: Callable[[Block], Block]) -> "Architecture":
        stages = tuple(tuple(change(block) for block in stage) for stage in self.stages)
        return self.model_copy(update={"stages": stages})

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
        cls, backbone: str, stem: str, widths: tuple[int, ...], masks: tuple[Mask, ...], blocks: tuple[Block, ...]
    ) -> "Architecture":
        """A network from one mask and one light block for each stage."""
        stages = tuple(
            tuple(block if is_light else Standard() for is_light in mask)
            for mask, block in zip(masks, blocks, strict=True)
        )
        return cls(backbone=backbone, stem=stem, widths=widths, stages=stages)


def _control(name: str, block: Block) -> Block:
    return block.controls().get(name, block)


def _check_stage(path: str, stage: Stage, table: Backbone) -> None:
    if not stage:
        raise ValueError(must_be(path, "a list of at least 1 block", []))
    if not stage[0].is_standard:
        rule = f"standard: in {table.name} a stage's first block changes the shape"
        raise ValueError(must_be(f"{path}[0]", rule, stage[0].kind))
