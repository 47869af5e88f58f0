"""Pictures to pixels: square, uint8, RGB."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modsearch.scoring.data.picture import Picture, reading

# What is done to a picture; it belongs to the key of the cache.
DECODING = "centre square, bilinear, jpeg draft 2"

_CHUNK = 512  # pictures that wait in memory at a time


def storage_size(image_size: int) -> int:
    """Pixels of a side as stored. Larger images get a margin, for random resized crops to cut from."""
    return image_size if image_size <= 64 else round(image_size * 1.15)


def decode(
    pictures: Sequence[Picture], size: int, on_progress: Callable[[int, int], None] | None = None
) -> Iterator[NDArray[np.uint8]]:
    """Pixels (size, size, 3) of one picture after the other. PIL decodes in threads: it releases the GIL.

    Raises:
        ValueError: an image cannot be read; it is named.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(pictures), _CHUNK):
            chunk = pictures[start : start + _CHUNK]
            yield from pool.map(decode_one, chunk, [size] * len(chunk))
            if on_progress is not None:
                on_progress(start + len(chunk), len(pictures))


def decode_one(picture: Picture, size: int) -> NDArray[np.uint8]:
    """The centre square of a picture at (size, size, 3); one that has this size already keeps every bit."""
    with reading(picture), picture.open() as image:
        image.draft(None, (2 * size, 2 * size))  # a JPEG file is read at 1/2, 1/4 or 1/8 where that is enough
        return np.asarray(_square(image.convert("RGB"), size))


def _square(image: Image.Image, size: int) -> Image.Image:
    if image.size == (size, size):
        return image
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
