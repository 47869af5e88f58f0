"""Block kinds as modules: what builds a block of each kind, whatever the family."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from modsearch.architecture import Narrow, Standard
from modsearch.models.blocks.mod import build_mod
from modsearch.models.family import Parts, Slot

Builder = Callable[[Parts, Slot, Any], nn.Module]
"""From a family, a slot and the block that the architecture has there."""


def _build_standard(parts: Parts, slot: Slot, block: Standard) -> nn.Module:
    return parts.block(slot)


def _build_narrow(parts: Parts, slot: Slot, block: Narrow) -> nn.Module:
    return parts.block(slot, block.ratio)


BUILDERS: Mapping[str, Builder] = {"standard": _build_standard, "mod": build_mod, "narrow": _build_narrow}
"""By the kind of the block."""
