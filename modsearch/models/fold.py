"""Batch-norm folding: the form of a network that is deployed and timed."""

from copy import deepcopy
from typing import TypeVar

from torch import nn

from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.conv import ConvNorm

Module = TypeVar("Module", bound=nn.Module)


def fold_batch_norm(model: Module) -> Module:
    """A copy in evaluation mode: batch norms are folded into the convolutions before them, MoD blocks work in place."""
    folded = deepcopy(model).eval()
    for parent in list(folded.modules()):
        if isinstance(parent, MoDBlock):
            parent.works_in_place = True
        for name, child in list(parent.named_children()):
            if isinstance(child, ConvNorm):
                setattr(parent, name, child.fold())
    return folded
