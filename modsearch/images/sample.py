"""Some images of many, decoded as they are judged."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from modsearch.images.cache import Selection
from modsearch.images.decode import decode_middle


def sample(selection: Selection, places: Sequence[int], image_size: int) -> tuple[Tensor, Tensor]:
    """The pictures of these places in the middle crop, with their labels.

    Returns:
        uint8 (N, image_size, image_size, 3) and int64 (N,).

    Raises:
        ValueError: a picture cannot be read; it is named.
    """
    pixels = [decode_middle(selection.pictures[place], image_size) for place in places]
    pixels_NHWC = np.stack(pixels) if pixels else np.zeros((0, image_size, image_size, 3), np.uint8)
    return torch.from_numpy(pixels_NHWC), torch.tensor([selection.labels[place] for place in places], dtype=torch.int64)


def spread(start: int, end: int, number: int) -> list[int]:
    """At most so many places from ``start`` to before ``end``, evenly."""
    number = min(number, end - start)
    return [start + place * (end - start) // number for place in range(number)]
