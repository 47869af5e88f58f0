"""BlockSpace: the choices for one kind of light block, whichever it is."""

from typing import Annotated

from pydantic import Field

from modsearch.space.mod_space import ModSpace
from modsearch.space.narrow_space import NarrowSpace

BlockSpace = Annotated[ModSpace | NarrowSpace, Field(discriminator="kind")]
"""A tagged union on ``kind``."""
