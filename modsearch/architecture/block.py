"""Block kinds: what can stand in a slot of a stage."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modsearch.architecture.kind import BlockKind
from modsearch.architecture.mod import MoD
from modsearch.architecture.narrow import Narrow


class Standard(BlockKind):
    """The backbone's own block."""

    label: ClassVar[str] = "standard"
    is_standard: ClassVar[bool] = True

    kind: Literal["standard"] = "standard"

    @property
    def symbol(self) -> str:
        """One letter for one-line descriptions."""
        return "S"


Block = Annotated[Standard | MoD | Narrow, Field(discriminator="kind")]
"""Any block kind: a tagged union on ``kind``."""
