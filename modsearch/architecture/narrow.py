"""Narrow: the backbone's own block with fewer channels inside, the plainest way to make a block cheaper."""

import re
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from modsearch.architecture.backbone import Backbone
from modsearch.architecture.kind import BlockKind
from modsearch.message import must_be

_TEXT = re.compile(r"0?\.[0-9]{1,20}|[0-9]{1,7}/[0-9]{1,7}")  # Fraction would read '1e-999999999', and never finish


def _read(value: object) -> Fraction:
    rule = "a number between 0 and 1, such as 0.5 or '1/2'"
    text = str(value) if isinstance(value, float | str | Fraction) else ""
    if not _TEXT.fullmatch(text):
        raise ValueError(must_be("", rule, value))
    try:
        ratio = Fraction(text)
    except ZeroDivisionError:
        raise ValueError(must_be("", rule, value)) from None
    if not 0 < ratio < 1:
        raise ValueError(must_be("", rule, value))
    return ratio


Ratio = Annotated[
    Fraction,
    BeforeValidator(_read),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
                {"type": "string", "pattern": f"^({_TEXT.pattern})$"},
            ]
        }
    ),
]
"""A rational number between 0 and 1, exact in YAML and JSON: ``0.5`` or ``"1/2"``."""


class Narrow(BlockKind):
    """The backbone's own block with ``ratio`` of the channels inside, at least one.

    Inside of a residual block these are the channels between its convolutions, of an inverted residual and of
    ConvNeXt's block those after the expansion. A layer of VGG has none. Two ratios are two blocks, also where they
    leave the same number of channels.

    Attributes:
        ratio: of the channels inside to those that a standard block has there.
    """

    label: ClassVar[str] = "Narrow"
    size_name: ClassVar[str] = "ratio"

    kind: Literal["narrow"] = "narrow"
    ratio: Ratio

    @property
    def symbol(self) -> str:
        """Such as ``N1/2``."""
        return f"N{self.ratio}"

    @property
    def work(self) -> Fraction:
        """The ratio: of two layers, each has so much of its channels on one side."""
        return self.ratio

    def num_selected(self, channels: int) -> int:
        """As many of the channels."""
        return max(1, round(channels * self.ratio))

    def size(self, channels: int) -> Fraction:
        """The ratio."""
        return self.ratio

    def canonical(self, channels: int) -> dict[str, Any]:
        """What this block is: its ratio."""
        return {"kind": self.kind, "ratio": str(self.ratio)}

    def check(self, path: str, table: Backbone, width: int) -> None:
        """Raise ValueError where the backbone's block has nothing inside."""
        if not table.has_inside:
            rule = f"of another kind: a block of {table.name} has no channels inside"
            raise ValueError(must_be(path, rule, self.kind))
