"""NarrowSpace: what may be chosen of narrow blocks."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from modsearch.architecture import Backbone
from modsearch.architecture.narrow import Narrow, Ratio
from modsearch.space.block_choices import BlockChoices


class NarrowSpace(BlockChoices):
    """The choices for narrow blocks.

    Attributes:
        ratios: of the channels inside a block to those that a standard one has there.
        ratio_per: one ratio for the network, or one for each stage.
    """

    size_name: ClassVar[str] = "ratio"

    kind: Literal["narrow"] = "narrow"
    ratios: tuple[Ratio, ...] = Field(min_length=1, max_length=100)
    ratio_per: Literal["network", "stage"] = "network"

    @property
    def sizes(self) -> tuple[Any, ...]:
        """The ratios."""
        return self.ratios

    @property
    def is_per_stage(self) -> bool:
        """Whether each stage has its own ratio."""
        return self.ratio_per == "stage"

    @property
    def variants(self) -> Mapping[str, tuple[Any, ...]]:
        """Nothing else varies."""
        return {}

    def make(self, size: Any, **variant: Any) -> Narrow:
        """The narrow block of this ratio."""
        return Narrow(ratio=size)

    def check(self, path: str, table: Backbone, stages: Sequence[tuple[int, int]]) -> None:
        """Raise ValueError where the backbone's block has nothing inside."""
        for _, width in stages[:1]:
            self.make(self.ratios[0]).check(path.rstrip("."), table, width)
