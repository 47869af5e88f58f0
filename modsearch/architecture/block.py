"""Block kinds: what can stand in a slot of a stage."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture.number import PositiveInt
from modsearch.architecture.rational import Rational, write_rational

_VALUE = ConfigDict(frozen=True, extra="forbid")
_PUBLISHED_REDUCTION = 16


class Standard(BaseModel):
    """The backbone's own block."""

    model_config = _VALUE

    kind: Literal["standard"] = "standard"

    @property
    def symbol(self) -> str:
        """One letter for one-line descriptions."""
        return "S"

    def canonical(self, channels: int) -> dict[str, Any]:
        """What this block is on ``channels`` channels, without defaults and without aliases."""
        return {"kind": self.kind}


class MoD(BaseModel):
    """A Mixture-of-Depths block: the backbone's block on the k = C/c channels that a selector picks (arXiv 2409.17016).

    Attributes:
        c: the share 1/c of the channels that is processed; rational, at least 1 (64 in the paper's ResNets).
        reduction: the selector's hidden layer has C // reduction units (16 in the paper). Lower it for narrow networks.
        selection: ``learned`` scores channels per image; ``random`` draws a fixed set per block; ``first`` takes the
            first k. The last two have no selector: they are the controls of the first.
        position: where the result is fused; the paper's ``first`` k channels.
        rule: how the result is fused; the paper's ``add``.
        inner_shortcut: the inner block keeps its own shortcut. Ours: the paper does not say.
        inner_relu: the inner block keeps its final ReLU. Ours: the paper does not say.
    """

    model_config = _VALUE

    kind: Literal["mod"] = "mod"
    c: Rational
    reduction: PositiveInt = _PUBLISHED_REDUCTION
    selection: Literal["learned", "random", "first"] = "learned"
    position: Literal["first"] = "first"
    rule: Literal["add"] = "add"
    inner_shortcut: bool = True
    inner_relu: bool = True

    @property
    def symbol(self) -> str:
        """``M64`` for the learned selection, ``M64r`` for random and ``M64f`` for first."""
        return f"M{write_rational(self.c)}{'' if self.selection == 'learned' else self.selection[0]}"

    def num_selected(self, channels: int) -> int:
        """k = min(C, max(1, floor(C / c))): how many of ``channels`` are processed."""
        return min(channels, max(1, int(channels / self.c)))

    def num_hidden(self, channels: int) -> int:
        """Hidden units of the selector on ``channels`` channels; 0 where there is no selector."""
        return max(1, channels // self.reduction) if self.selection == "learned" else 0

    def canonical(self, channels: int) -> dict[str, Any]:
        """What this block is on ``channels`` channels: k for c, hidden units for reduction, no defaults."""
        fields = self.model_dump(exclude={"c", "reduction"}, exclude_defaults=True)
        usual = self.model_copy(update={"reduction": _PUBLISHED_REDUCTION})
        if self.num_hidden(channels) != usual.num_hidden(channels):
            fields["num_hidden"] = self.num_hidden(channels)
        return {"kind": self.kind, "k": self.num_selected(channels), **fields}


Block = Annotated[Standard | MoD, Field(discriminator="kind")]
"""Any block kind: a tagged union on ``kind``."""
