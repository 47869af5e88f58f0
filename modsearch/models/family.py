"""Family: what a family gives to build its networks from, block by block."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from torch import nn

WHOLE = Fraction(1)


@dataclass(frozen=True)
class Slot:
    """Where a block stands.

    Attributes:
        stage: counted from 0.
        index: in its stage, counted from 0.
        in_channels: channels that arrive.
    """

    stage: int
    index: int
    in_channels: int


class Parts(Protocol):
    """What the networks of one family are built from. One class a family, made for one architecture."""

    stem_channels: int

    def stem(self) -> nn.Module:
        """(B, 3, H, W) -> (B, stem_channels, H', W')."""

    def block(self, slot: Slot, ratio: Fraction = WHOLE) -> nn.Module:
        """The family's own block; the first of a stage (index 0) changes channels and size where its stages do.

        Args:
            slot: where it stands.
            ratio: of the channels inside it to those that it usually has there, at least one.
        """

    def inner(self, slot: Slot, k: int, has_shortcut: bool, has_relu: bool) -> nn.Module:
        """A block of the family's own type on k channels.

        Args:
            slot: where it stands.
            k: channels in and out.
            has_shortcut: it keeps its own shortcut.
            has_relu: it keeps its final ReLU, where the family's blocks have one.
        """

    def head(self, in_channels: int, num_classes: int) -> nn.Module:
        """(B, in_channels, H, W) -> logits (B, num_classes)."""

    def init(self, module: nn.Module) -> None:
        """Draw the weights of one module; torch's own way where it does nothing."""


def narrowed(channels: int, ratio: Fraction) -> int:
    """So much of the channels, at least one."""
    return max(1, round(channels * ratio))
