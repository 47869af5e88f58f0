"""The images of a folder that are left alone until the end, chosen by a hash of their content."""

import hashlib
import math
import os
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from modsearch.images.cache import content_hashes
from modsearch.images.picture import Picture, Walk
from modsearch.message import must_be

_DIGITS = 16  # of a hash, in base 16


@dataclass(frozen=True, eq=False)
class ClassPlaces:
    """Where the images of a class lie.

    Attributes:
        values: from 0 to 1, by their content; in the order of their names.
        names: SHA-256 over these.
    """

    values: "array[float]"
    names: str


Places = Mapping[str, ClassPlaces]
"""By the class."""


def content_places(walk: Walk) -> Places:
    """Where the images lie: the first 64 bits of their SHA-256, over 2^64. A class is in memory at a time.

    Raises:
        ValueError: an image cannot be read; it is named.
    """
    return {name: _class_places(pictures) for name, pictures in zip(walk.names, walk.classes, strict=True)}


def hold_out(walk: Walk, places: Places, share: float) -> Walk:
    """What is left of each class without about this share of its images.

    An image lies below the share, or it does not: whatever else lies in the folder, it stays on its side, and a copy of
    it is on the same one.

    Args:
        walk: goes through the images again.
        places: of these images.
        share: from 0 to 1.

    Raises:
        ValueError: a class would have no image that is held out, or fewer than two that are not; the message says from
            where to where the share may lie. Or, from the walk that is returned, a class has changed meanwhile.
    """
    _check(places, share)
    num_held_out = sum(place < share for own in places.values() for place in own.values)
    return replace(walk, classes=_side(walk, places, lambda place: place >= share), num_held_out=num_held_out)


def held_out(walk: Walk, places: Places, share: float) -> Walk:
    """The images that ``hold_out`` leaves away.

    Raises:
        ValueError: as there.
    """
    _check(places, share)
    return replace(walk, classes=_side(walk, places, lambda place: place < share))


def _class_places(pictures: list[Picture]) -> ClassPlaces:
    values = array("d", (int(key[:_DIGITS], 16) / 16**_DIGITS for key in content_hashes(pictures)))
    return ClassPlaces(values, _digest(pictures))


def _digest(pictures: list[Picture]) -> str:
    sha256 = hashlib.sha256()
    for picture in pictures:
        sha256.update(os.fsencode(picture.name) + b"\0")
    return sha256.hexdigest()


def _side(walk: Walk, places: Places, is_meant: Callable[[float], bool]) -> Iterator[list[Picture]]:
    """Of each class the pictures that lie where it is meant."""
    for name, pictures in zip(walk.names, walk.classes, strict=True):
        own = places.get(name)
        if own is None or own.names != _digest(pictures):
            raise ValueError(must_be(f"data: class {name!r}", "left as it is while it is read", "other images"))
        yield [picture for picture, place in zip(pictures, own.values, strict=True) if is_meant(place)]


def _check(places: Places, share: float) -> None:
    values = {name: own.values for name, own in places.items()}
    for name, own in values.items():
        if len(own) < 3:
            raise ValueError(must_be(f"data: class {name!r}", "of at least 3 images where some are held out", len(own)))
    least, empty = max((min(own), name) for name, own in values.items())
    most, scarce = min((sorted(own)[-2], name) for name, own in values.items())
    if least < share <= most:
        return
    if least >= most:
        rule = f"left out: classes {empty!r} and {scarce!r} have too few images for any"
    elif share <= least:
        rule = f"at least {math.ceil(least * 1e4 + 1e-9) / 1e4}: below it no image of class {empty!r} is held out"
    else:
        rule = f"at most {math.floor(most * 1e4) / 1e4}: above it fewer than 2 images of class {scarce!r} are left"
    raise ValueError(must_be("data.holdout", rule, share))
