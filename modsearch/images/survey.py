"""A look at a folder of images: which classes there are, how many images, and how large these are."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from modsearch.images.holdout import content_places, hold_out
from modsearch.images.image_folder import held_out_parts, list_image_folder
from modsearch.images.picture import Listing, Picture, Unreadable, Walk, attempt, reading, sound
from modsearch.machine import num_cpus
from modsearch.record import Survey

Item = TypeVar("Item")

_MAX_LOOKED_AT = 2000
_SHARES = (0.1, 0.15, 0.2, 0.25, 0.3)
"""What is held out: the first share that leaves enough of every class, and takes something of it."""


def survey(path: Path, on_progress: Callable[[int, int], None] | None = None) -> Survey:
    """What lies in a folder of images. The sizes are those of at most 2,000 images, evenly spread over the classes.

    Args:
        path: the folder; ``~`` is the user's home.
        on_progress: called with images looked at and in all.

    Raises:
        ValueError: there is no such folder, it holds fewer than two classes or no images, or one that was looked at
            cannot be read; the folder or file is named.
    """
    folder = _expanded(path)
    listing, parts = list_image_folder(folder), tuple(held_out_parts(folder))
    sides = tuple(sorted(sound(_short_sides(_spread(listing), on_progress))))
    rest, share, refusal = (listing, 0.0, "") if parts else _held_out(listing)
    return Survey(
        classes={name: len(pictures) for name, pictures in rest.classes.items()},
        short_sides=sides,
        parts=parts,
        holdout=share,
        num_held_out=rest.num_held_out,
        refusal=refusal,
        left_out=listing.left_out,
    )


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # ~nobody
        return path


def _held_out(listing: Listing) -> tuple[Listing, float, str]:
    """What is left where some images are held out, which share these are, and why none are."""
    refusal, places = "", content_places(Walk.through(listing))
    for share in _SHARES:
        try:
            return hold_out(Walk.through(listing), places, share).listing(), share, ""
        except ValueError as error:
            refusal = str(error)
    return listing, 0.0, refusal


def _spread(listing: Listing) -> list[Picture]:
    """At most 2,000 pictures, as many of each class as far as there are, and from all over it."""
    classes = [pictures for pictures in listing.classes.values() if pictures]
    per_class = max(1, _MAX_LOOKED_AT // len(classes))
    return [picture for pictures in _evenly(classes, _MAX_LOOKED_AT) for picture in _evenly(pictures, per_class)]


def _evenly(items: Sequence[Item], number: int) -> list[Item]:
    """So many of the items, or all, at equal distances."""
    number = min(number, len(items))
    return [items[index * len(items) // number] for index in range(number)]


def _short_sides(
    pictures: Sequence[Picture], on_progress: Callable[[int, int], None] | None
) -> Iterator[int | Unreadable]:
    with ThreadPoolExecutor(num_cpus()) as pool:
        for done, side in enumerate(pool.map(partial(attempt, _short_side), pictures), 1):
            yield side
            if on_progress is not None:
                on_progress(done, len(pictures))


def _short_side(picture: Picture) -> int:
    """Pixels, by the header alone. A picture that its EXIF data turn has the same."""
    with reading(picture):
        picture.stamp()  # refuses a pipe, which would be waited for
        with picture.open() as image:
            return min(image.size)
