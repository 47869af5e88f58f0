"""Parts: what the latency of a network is the sum of."""

from collections import Counter
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture.architecture import Architecture
from modsearch.architecture.block import Block
from modsearch.architecture.number import NonNegativeInt, PositiveInt


class Part(BaseModel):
    """A block in its place, everything that stands once in a network, or where the blocks of a stage become others.

    All blocks of a stage but the first have the same input, so that stage and form tell them apart. The first ones
    change the shape and stand in every network of their widths, as stem and head do: they are one part, the frame.
    Neighbouring MoD blocks are a run, see ``BlockKind.has_runs``.

    Attributes:
        family: backbone, stem and widths of the network.
        kind: ``frame``: stem, the first block of each stage, head; ``run``: a run of MoD blocks begins; else the kind
            of a later block.
        stage: where that is, counted from 0; None for the frame.
        k: as in a block's canonical form; None where that has none.
        form: what else sets a block apart, as in its canonical form.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    kind: Annotated[str, Field(min_length=1, max_length=40)]
    stage: NonNegativeInt | None = None
    k: PositiveInt | None = None
    form: str = ""

    def describe(self) -> str:
        """One line, such as ``mod block in stage 1 of resnet_basic cifar 16-32-64, k 4, num_hidden 8``."""
        if self.kind == "frame":
            return f"frame of {self.family}"
        if self.kind == "run":
            return f"run of MoD blocks in stage {self.stage} of {self.family}"
        details = [f"k {self.k}" if self.k else "", self.form]
        return ", ".join([f"{self.kind} block in stage {self.stage} of {self.family}", *filter(None, details)])


def network_family(architecture: Architecture) -> str:
    """Backbone, stem and widths: networks with the same ones share a frame."""
    return f"{architecture.backbone} {architecture.stem} {'-'.join(map(str, architecture.widths))}"


def block_part(family: str, stage: int, block: Block, channels: int) -> Part:
    """The part that a later block of a stage is, given the channels that leave the stage."""
    form = block.canonical(channels)
    kind, k = form.pop("kind"), form.pop("k", None)
    words = (f"{name} {str(value).lower()}" for name, value in sorted(form.items()))
    return Part(family=family, kind=kind, stage=stage, k=k, form=", ".join(words))


def run_part(family: str, stage: int) -> Part:
    """The part that the beginning of a run of MoD blocks is."""
    return Part(family=family, kind="run", stage=stage)


def network_parts(architecture: Architecture) -> Counter[Part]:
    """The parts of a network, and how often it has each."""
    family = network_family(architecture)
    found = Counter([Part(family=family, kind="frame")])
    for index, (stage, channels) in enumerate(zip(architecture.stages, architecture.out_channels, strict=True)):
        for before, block in pairwise(stage):
            found[block_part(family, index, block, channels)] += 1
            if block.has_runs and not before.has_runs:
                found[run_part(family, index)] += 1
    return found
