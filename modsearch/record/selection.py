"""Picks: which channels the MoD blocks of one trained network picked for real images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modsearch.architecture import Architecture


@dataclass(frozen=True, eq=False)
class BlockPicks:
    """The picks of one block with learned selection.

    Attributes:
        stage: counted from 0.
        index: the block's slot in its stage, counted from 0.
        picked_NC: bool (N, C): whether the image's set holds the channel; k in every row.
        is_tied_N: bool (N,): the best channel left out had the score of the worst one picked, so that the set is
            arbitrary, as for a selector whose hidden units are all dead.
    """

    stage: int
    index: int
    picked_NC: NDArray[np.bool_]  # noqa: N815
    is_tied_N: NDArray[np.bool_]  # noqa: N815


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
