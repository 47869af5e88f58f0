"""Profile: what a network costs on paper."""

from dataclasses import dataclass

from modsearch.architecture import Architecture


@dataclass(frozen=True)
class Count:
    """What a network costs on paper.

    Attributes:
        params: number of parameters.
        gmacs: 1e9 multiply-adds of convolutions and linear layers for one image.
        uncounted: the other operators that compute. fvcore takes ReLU and what only moves data for free.
    """

    params: int
    gmacs: float
    uncounted: tuple[str, ...]


@dataclass(frozen=True)
class LayerRow:
    """One row of a layer profile.

    Attributes:
        name: ``stem``, ``stage S block B`` counted from 0, or ``head``.
        kind: the block kind, or the stem's name.
        c: as it was asked for, or None where nothing is selected.
        k: channels that are processed, or None where nothing is selected.
        out_shape: channels, height and width that leave the layer.
        params: number of parameters.
        gmacs: 1e9 multiply-adds for one image.
    """

    name: str
    kind: str
    c: str | None
    k: int | None
    out_shape: tuple[int, ...]
    params: int
    gmacs: float


@dataclass(frozen=True)
class Profile:
    """What a network costs on paper, as a whole and layer by layer.

    Attributes:
        architecture: the network.
        num_classes: outputs of its head.
        image_size: pixels of a side.
        total: of the network.
        layers: stem, blocks and head in the order of computation.
    """

    architecture: Architecture
    num_classes: int
    image_size: int
    total: Count
    layers: tuple[LayerRow, ...]
