"""MoD: the Mixture-of-Depths block (arXiv 2409.17016)."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self

from modsearch.architecture.backbone import Backbone
from modsearch.architecture.kind import BlockKind
from modsearch.architecture.number import PositiveInt
from modsearch.architecture.rational import Rational, write_rational
from modsearch.message import must_be

_PUBLISHED_REDUCTION = 16
TIE_RULE = "the lower index wins"
"""Which of two channels with the same score is selected, in training and in every runtime."""

Selection = Literal["learned", "random", "first", "first_scored"]
Position = Literal["first", "last", "original"]
Rule = Literal["add", "replace"]

_SYMBOL_OF_SELECTION = {"learned": "", "random": "r", "first": "f", "first_scored": "g"}


class MoD(BlockKind):
    """A Mixture-of-Depths block: the backbone's block on the k = C/c channels that a selector picks (arXiv 2409.17016).

    Attributes:
        c: the share 1/c of the channels that is processed; rational, at least 1 (64 in the paper's ResNets).
        reduction: the selector's hidden layer has C // reduction units (16 in the paper). Lower it for narrow networks.
        selection: ``learned`` scores channels per image (the lower index wins a tie); ``random`` draws a fixed set
            per block; ``first`` takes the first k: these two have no selector, and are controls of the first.
            ``first_scored`` takes the first k and scales the result by their scores: gating without selecting.
        position: onto which k channels the result is fused: the paper's ``first``, the ``last`` or the ``original``.
        rule: ``add`` the result, the paper's, or ``replace`` the channels by it.
        inner_shortcut: the inner block keeps its own shortcut. Ours: the paper does not say.
        inner_relu: the inner block keeps its final ReLU. Ours: the paper does not say.
    """

    label: ClassVar[str] = "MoD"
    has_runs: ClassVar[bool] = True
    size_name: ClassVar[str] = "c"

    kind: Literal["mod"] = "mod"
    c: Rational
    reduction: PositiveInt = _PUBLISHED_REDUCTION
    selection: Selection = "learned"
    position: Position = "first"
    rule: Rule = "add"
    inner_shortcut: bool = True
    inner_relu: bool = True

    @property
    def has_selector(self) -> bool:
        """Whether channels are scored."""
        return self.selection in ("learned", "first_scored")

    @property
    def symbol(self) -> str:
        """``M64`` for the paper's block; ``r``, ``f``, ``g`` for random, first, first_scored; then what else differs.

        Such as ``M8f-last-replace-no_shortcut-no_relu``.
        """
        parts = [
            f"M{write_rational(self.c)}{_SYMBOL_OF_SELECTION[self.selection]}",
            self.position if self.position != "first" else "",
            self.rule if self.rule != "add" else "",
            "" if self.inner_shortcut else "no_shortcut",
            "" if self.inner_relu else "no_relu",
        ]
        return "-".join(filter(None, parts))

    @property
    def work(self) -> Fraction:
        """1/c squared: its layers have 1/c of the channels on both sides."""
        return 1 / self.c**2

    def num_selected(self, channels: int) -> int:
        """k = min(C, max(1, floor(C / c))): how many of ``channels`` are processed."""
        return min(channels, max(1, int(channels / self.c)))

    def size(self, channels: int) -> int:
        """k: two values of c that give the same are one."""
        return self.num_selected(channels)

    def num_hidden(self, channels: int) -> int:
        """Hidden units of the selector on ``channels`` channels; 0 where there is no selector."""
        return max(1, channels // self.reduction) if self.has_selector else 0

    def canonical(self, channels: int) -> dict[str, Any]:
        """What this block is on ``channels`` channels: k for c, hidden units for reduction, no defaults, no aliases."""
        plain = self.model_copy(update=self._aliases(channels))
        fields = plain.model_dump(exclude={"c", "reduction"}, exclude_defaults=True)
        usual = self.model_copy(update={"reduction": _PUBLISHED_REDUCTION})
        if self.num_hidden(channels) != usual.num_hidden(channels):
            fields["num_hidden"] = self.num_hidden(channels)
        return {"kind": self.kind, "k": self.num_selected(channels), **fields}

    def detail(self, channels: int) -> tuple[str | None, int | None]:
        """c and k."""
        return str(self.c), self.num_selected(channels)

    def controls(self) -> Mapping[str, Self]:
        """The other selections of a learned one: what is left of the block where nothing is learnt from the image."""
        others = _SYMBOL_OF_SELECTION.keys() - {"learned"} if self.selection == "learned" else ()
        return {selection: self.model_copy(update={"selection": selection}) for selection in others}

    def check(self, path: str, table: Backbone, width: int) -> None:
        """Raise ValueError where k is too small, or the backbone's block has not what the inner one is to lack."""
        channels = table.out_channels(width)
        k = self.num_selected(channels)
        if channels < table.min_selected:
            rule = f"standard: {table.name} needs k of {table.min_selected} or more, and there are {channels} channels"
            raise ValueError(must_be(path, rule, self.kind))
        if k < table.min_selected:
            rule = f"at most {channels / table.min_selected:g}: {table.name} needs k of {table.min_selected} or more"
            raise ValueError(must_be(f"{path}.c", f"{rule}, and {channels} channels give k = {k}", str(self.c)))
        if not (self.inner_shortcut or table.has_shortcut):
            raise ValueError(must_be(f"{path}.inner_shortcut", f"true: a block of {table.name} has no shortcut", False))
        if not (self.inner_relu or table.has_final_relu):
            raise ValueError(
                must_be(f"{path}.inner_relu", f"true: a block of {table.name} does not end with ReLU", False)
            )

    def _aliases(self, channels: int) -> dict[str, str]:
        """The names to use where others mean the same: all channels selected, or the first ones put back."""
        if self.num_selected(channels) == channels:
            return {"position": "first", "selection": "learned" if self.has_selector else "first"}
        if self.position == "original" and self.selection in ("first", "first_scored"):
            return {"position": "first"}
        return {}
