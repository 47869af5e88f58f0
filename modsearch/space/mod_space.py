"""ModSpace: what may be chosen of MoD blocks."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import log2
from typing import Any, ClassVar, Literal, get_args

from pydantic import Field

from modsearch.architecture import Backbone, BlockKind, MoD, Position, Rational, Rule, Selection
from modsearch.message import must_be
from modsearch.space.block_choices import BlockChoices
from modsearch.space.choice import Reductions

_FIELDS = {
    "selection": "selections",
    "position": "positions",
    "rule": "rules",
    "inner_shortcut": "inner_shortcuts",
    "inner_relu": "inner_relus",
    "reduction": "reduction",
}
"""What can vary of a MoD block besides c, and the field that lists the choices."""


class ModSpace(BlockChoices):
    """The choices for MoD blocks.

    Attributes:
        c: the values of c.
        c_per: one c for the network, or one for each stage.
        selections: how MoD blocks select: learned, random, first, first_scored.
        positions: where they put the result: first, last, original.
        rules: how: add, replace.
        inner_shortcuts: whether their inner block keeps its own shortcut.
        inner_relus: whether it keeps its final ReLU.
        reduction: of the selectors; 16 in the paper, lower for narrow networks. A number, or several to choose from.
    """

    size_name: ClassVar[str] = "c"
    options: ClassVar[Mapping[str, tuple[object, ...]]] = {
        "selection": get_args(Selection),
        "position": get_args(Position),
        "rule": get_args(Rule),
        "inner_shortcut": (True, False),
        "inner_relu": (True, False),
    }

    kind: Literal["mod"] = "mod"
    c: tuple[Rational, ...] = Field(default=(Fraction(64),), min_length=1, max_length=100)
    c_per: Literal["network", "stage"] = "network"
    selections: tuple[Selection, ...] = Field(default=("learned",), min_length=1)
    positions: tuple[Position, ...] = Field(default=("first",), min_length=1)
    rules: tuple[Rule, ...] = Field(default=("add",), min_length=1)
    inner_shortcuts: tuple[bool, ...] = Field(default=(True,), min_length=1)
    inner_relus: tuple[bool, ...] = Field(default=(True,), min_length=1)
    reduction: Reductions = (16,)

    @property
    def sizes(self) -> tuple[Fraction, ...]:
        """The values of c."""
        return self.c

    @property
    def is_per_stage(self) -> bool:
        """Whether each stage has its own c."""
        return self.c_per == "stage"

    @property
    def variants(self) -> Mapping[str, tuple[Any, ...]]:
        """What can vary of a MoD block besides c, and the choices."""
        return {name: getattr(self, field) for name, field in _FIELDS.items()}

    @property
    def _always(self) -> tuple[str, ...]:
        return ("selection",)

    def make(self, size: Fraction, **variant: Any) -> MoD:
        """The MoD block of this c and variant."""
        return MoD(c=size, **variant)

    def check(self, path: str, table: Backbone, stages: Sequence[tuple[int, int]]) -> None:
        """Raise ValueError where c leaves too few channels, or the backbone's block has not what others are to lack."""
        name = table.name
        if False in self.inner_shortcuts and not table.has_shortcut:
            rule = f"[true]: a block of {name} has no shortcut"
            raise ValueError(must_be(f"{path}inner_shortcuts", rule, list(self.inner_shortcuts)))
        if False in self.inner_relus and not table.has_final_relu:
            rule = f"[true]: a block of {name} does not end with ReLU"
            raise ValueError(must_be(f"{path}inner_relus", rule, list(self.inner_relus)))
        least = table.min_selected
        for rank, c in enumerate(self.c):
            for index, channels in ((index, table.out_channels(width)) for index, width in stages):
                k = MoD(c=c).num_selected(channels)
                if k < least:
                    wide = f"at most {channels / least:g} for stage {index}"
                    rule = wide if channels >= least else f"left out: stage {index} is too narrow for MoD blocks"
                    reason = f"{name} needs k of {least} or more, and {channels} channels give k = {k}"
                    raise ValueError(must_be(f"{path}c[{rank}]", f"{rule}: {reason}", str(c)))

    def features(self, name: str, block: BlockKind | None, channels: int) -> list[float]:
        """As for any kind; hidden units for the reduction, by their logarithm."""
        if name != "reduction":
            return super().features(name, block, channels)
        return [log2(1 + block.num_hidden(channels)) if isinstance(block, MoD) else 0.0]
