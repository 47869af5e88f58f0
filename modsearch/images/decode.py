"""Pictures to pixels: square, uint8, RGB."""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from modsearch.images.picture import Picture, Unreadable, attempt, reading, sound
from modsearch.machine import num_cpus

# What is done to a picture, and to one in a file besides; it belongs to the key of the cache.
DECODING = "centre square, bilinear, jpeg draft 2"
DECODING_OF_FILES = "upright, high byte of 16 bits"

_CHUNK = 512  # pictures that wait in memory at a time


def storage_size(image_size: int) -> int:
    """Pixels of a side as stored. Larger images get a margin, for random resized crops to cut from."""
    return image_size if image_size <= 64 else round(image_size * 1.15)


def decode(
    pictures: Sequence[Picture], size: int, on_progress: Callable[[int, int], None] | None = None
) -> Iterator[NDArray[np.uint8]]:
    """Pixels (size, size, 3) of one picture after the other. PIL decodes in threads: it releases the GIL.

    Raises:
        ValueError: images cannot be read; once all are tried, ten of them are named.
    """
    return sound(_attempts(pictures, size, on_progress))


def _attempts(
    pictures: Sequence[Picture], size: int, on_progress: Callable[[int, int], None] | None
) -> Iterator[NDArray[np.uint8] | Unreadable]:
    decode_at_size = partial(attempt, partial(decode_one, size=size))
    with ThreadPoolExecutor(num_cpus()) as pool:
        for start in range(0, len(pictures), _CHUNK):
            chunk = pictures[start : start + _CHUNK]
            yield from pool.map(decode_at_size, chunk)
            if on_progress is not None:
                on_progress(start + len(chunk), len(pictures))


def decode_one(picture: Picture, size: int) -> NDArray[np.uint8]:
    """The centre square of a picture at (size, size, 3); one that has this size already keeps every bit.

    It stands upright as its EXIF data say. Of an animation it is the first frame; transparency is left out.
    """
    with reading(picture), picture.open() as image:
        image.draft(None, (2 * size, 2 * size))  # a JPEG file is read at 1/2, 1/4 or 1/8 where that is enough
        return np.asarray(_square(_upright(image), size))


def decode_middle(picture: Picture, size: int) -> NDArray[np.uint8]:
    """What a network judges a picture by: (size, size, 3), the middle of ``decode_one`` at the size as stored."""
    stored = storage_size(size)
    start = (stored - size) // 2
    return decode_one(picture, stored)[start : start + size, start : start + size]


def decode_whole(picture: Picture, size: int, min_area: float) -> Image.Image:
    """All of a picture, upright and RGB, to cut crops from.

    A JPEG file is read at 1/2, 1/4 or 1/8 where every crop that has ``min_area`` of its area, and is no longer than 4/3
    of its breadth, still has ``size`` pixels a side.
    """
    with reading(picture), picture.open() as image:
        width, height = image.size
        if shortest := math.sqrt(3 / 4 * min_area * width * height):  # an empty picture is told as such when it is read
            image.draft(None, (math.ceil(width * size / shortest), math.ceil(height * size / shortest)))
        return _upright(image)


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    with suppress(Exception):  # EXIF data are often broken where the image is sound
        ImageOps.exif_transpose(image, in_place=True)
    return _rgb(image)


def _rgb(image: Image.Image) -> Image.Image:
    """8 bits a channel. PIL itself would turn all that is brighter than 255 of 65,535 white."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise ValueError(f"mode {image.mode}: numbers without a range")
    return image.convert("RGB")


def _square(image: Image.Image, size: int) -> Image.Image:
    if image.size == (size, size):
        return image
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
