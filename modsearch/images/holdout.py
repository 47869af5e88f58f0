"""The images of a folder that are left alone until the end, chosen by a hash of their content."""

import math
from dataclasses import replace

from modsearch.images.cache import content_hashes
from modsearch.images.picture import Listing, Picture
from modsearch.message import must_be

_DIGITS = 16  # of a hash, in base 16


def hold_out(listing: Listing, share: float) -> Listing:
    """What is left of each class without about this share of its images.

    The first 64 bits of an image's SHA-256 over 2^64 are below the share, or they are not: whatever else lies in the
    folder, the image stays on its side, and a copy of it is on the same one.

    Raises:
        ValueError: a class would have no image that is held out, or fewer than two that are not; the message says from
            where to where the share may lie.
    """
    return _sides(listing, share)[0]


def held_out(listing: Listing, share: float) -> Listing:
    """The images that ``hold_out`` leaves away.

    Raises:
        ValueError: as there.
    """
    return _sides(listing, share)[1]


def _sides(listing: Listing, share: float) -> tuple[Listing, Listing]:
    """The images that are kept, and those that are held out."""
    places = _places(listing)
    _check(places, share)
    kept: dict[str, list[Picture]] = {}
    away: dict[str, list[Picture]] = {}
    for name, pictures in listing.classes.items():
        located = list(zip(pictures, places[name], strict=True))
        kept[name] = [picture for picture, place in located if place >= share]
        away[name] = [picture for picture, place in located if place < share]
    num_held_out = sum(map(len, away.values()))
    return replace(listing, classes=kept, num_held_out=num_held_out), Listing(away)


def _places(listing: Listing) -> dict[str, list[float]]:
    """Where each image of a class lies from 0 to 1, by its content."""
    pictures: list[Picture] = [picture for own in listing.classes.values() for picture in own]
    hashes = iter(content_hashes(pictures))
    return {name: [int(next(hashes)[:_DIGITS], 16) / 16**_DIGITS for _ in own] for name, own in listing.classes.items()}


def _check(places: dict[str, list[float]], share: float) -> None:
    for name, own in places.items():
        if len(own) < 3:
            raise ValueError(must_be(f"data: class {name!r}", "of at least 3 images where some are held out", len(own)))
    least, empty = max((min(own), name) for name, own in places.items())
    most, scarce = min((sorted(own)[-2], name) for name, own in places.items())
    if least < share <= most:
        return
    if least >= most:
        rule = f"left out: classes {empty!r} and {scarce!r} have too few images for any"
    elif share <= least:
        rule = f"at least {math.ceil(least * 1e4 + 1e-9) / 1e4}: below it no image of class {empty!r} is held out"
    else:
        rule = f"at most {math.floor(most * 1e4) / 1e4}: above it fewer than 2 images of class {scarce!r} are left"
    raise ValueError(must_be("data.holdout", rule, share))
