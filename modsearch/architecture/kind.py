"""BlockKind: what every kind of block says of itself, so that nobody else asks which one it is."""

from abc import abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from modsearch.architecture.backbone import Backbone


class BlockKind(BaseModel):
    """A block that can stand in a slot of a stage. Each kind is a class, told from others by its field ``kind``.

    Attributes:
        label: what readers call such a block.
        is_standard: it is the backbone's own block. The deleted form of a network drops every other one.
        has_runs: a runtime may pay once where blocks of this kind follow each other, say for another memory layout.
        size_name: the field that says how large a block is; empty for a kind of one size.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: ClassVar[str]
    is_standard: ClassVar[bool] = False
    has_runs: ClassVar[bool] = False
    size_name: ClassVar[str] = ""

    kind: str

    @property
    @abstractmethod
    def symbol(self) -> str:
        """A short mark for one-line descriptions."""

    @property
    def work(self) -> Fraction:
        """About how much of a standard block's multiply-adds it has."""
        return Fraction(1)

    def num_selected(self, channels: int) -> int:
        """How many of ``channels`` it works on."""
        return channels

    def size(self, channels: int) -> object:
        """What tells it from blocks of the same kind and variant on ``channels`` channels."""
        return None

    def resized(self, factor: Fraction) -> Self:
        """The same block with its size times ``factor``; itself where it has none.

        Raises:
            ValueError: there is no such size.
        """
        if not self.size_name:
            return self
        return type(self).model_validate(self.model_dump() | {self.size_name: factor * getattr(self, self.size_name)})

    def canonical(self, channels: int) -> dict[str, Any]:
        """What this block is on ``channels`` channels, without defaults and without aliases.

        ``k`` stands for the channels that are worked on where costs lie on a line between different ones.
        """
        return {"kind": self.kind}

    def detail(self, channels: int) -> tuple[str | None, int | None]:
        """c and k of a block that selects channels; None for others."""
        return None, None

    def controls(self) -> Mapping[str, Self]:
        """The same block without what it claims to gain by, each by what takes its place; empty where nothing does."""
        return {}

    def check(self, path: str, table: Backbone, width: int) -> None:
        """Raise ValueError where it cannot stand in a stage of this backbone and width; the message names ``path``."""
