"""Picks: which channels the MoD blocks of one trained network picked for real images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture import Architecture, NonNegativeInt

_FEW = 0.05


class Selectivity(BaseModel):
    """How far the channels that one block with learned selection picks depend on the image.

    Attributes:
        stage: counted from 0.
        index: the block's slot in its stage, counted from 0.
        tied: share of the images for which the scores do not decide, so that the lower index does.
        other_set: share of the images whose set of channels is not the most common one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: NonNegativeInt
    index: NonNegativeInt
    tied: float = Field(ge=0, le=1)
    other_set: float = Field(ge=0, le=1)

    @property
    def is_static(self) -> bool:
        """Whether nearly all images get the same channels: all but less than 5 %."""
        return self.other_set < _FEW


def hardly_selects(blocks: Sequence[Selectivity]) -> bool:
    """Whether at least half of the blocks that could choose by the image pick the same channels for nearly all."""
    static = [block.is_static for block in blocks]
    return bool(static) and 2 * sum(static) >= len(static)


@dataclass(frozen=True, eq=False)
class BlockPicks:
    """The picks of one block with learned selection.

    Attributes:
        stage: counted from 0.
        index: the block's slot in its stage, counted from 0.
        picked_NC: bool (N, C): whether the image's set holds the channel; k in every row.
        is_tied_N: bool (N,): the best channel left out had the score of the worst one picked, so that the
            lower index decided, as for a selector whose hidden units are all dead.
    """

    stage: int
    index: int
    picked_NC: NDArray[np.bool_]  # noqa: N815
    is_tied_N: NDArray[np.bool_]  # noqa: N815

    def selectivity(self) -> Selectivity:
        """In figures."""
        _, size_S = np.unique(np.packbits(self.picked_NC, axis=1), axis=0, return_counts=True)
        other_set = 1 - int(size_S.max()) / len(self.picked_NC)
        return Selectivity(stage=self.stage, index=self.index, tied=float(self.is_tied_N.mean()), other_set=other_set)


@dataclass(frozen=True, eq=False)
class NetworkPicks:
    """The picks of all blocks with learned selection, in the network's order, for the same N images.

    Attributes:
        architecture: the network that was run: the target, or its narrowed form in a smoke test.
        label_N: int (N,): the class of each image, a position in ``class_names``.
        class_names: the classes of the study.
        accuracy: the fraction of these images that the same run classified correctly.
        blocks: where something is selected.
    """

    architecture: Architecture
    label_N: NDArray[np.int64]  # noqa: N815
    class_names: tuple[str, ...]
    accuracy: float
    blocks: tuple[BlockPicks, ...]
