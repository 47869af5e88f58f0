"""One image before it is decoded: in memory or in a file."""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modsearch.images.file_format import formats
from modsearch.message import must_be

Found = TypeVar("Found")

_MAX_NAMED = 10


class Picture(Protocol):
    """An image that can be opened and told apart from others."""

    @property
    def name(self) -> str:
        """``class/file`` or ``class/number``, unique in its data set."""
        ...

    def open(self) -> Image.Image:
        """The image, as lazily as PIL reads it."""
        ...

    def content(self) -> bytes:
        """All that it is: the bytes that are hashed."""
        ...

    def stamp(self) -> tuple[str, int, int] | None:
        """Path, bytes and time of change (ns), which stand for the content; None where there is no file."""
        ...


@dataclass(frozen=True, slots=True)
class ArrayPicture:
    """An image in memory: uint8 (H, W, 3)."""

    name: str
    pixels_HWC: NDArray[np.uint8]  # noqa: N815

    def __str__(self) -> str:
        return self.name

    def open(self) -> Image.Image:  # noqa: D102
        return Image.fromarray(self.pixels_HWC)

    def content(self) -> bytes:  # noqa: D102
        return self.pixels_HWC.tobytes()

    def stamp(self) -> None:  # noqa: D102
        return None


@dataclass(frozen=True, slots=True)
class FilePicture:
    """An image in a file below ``root``; ``name`` is the rest of its path, with forward slashes."""

    root: Path
    name: str

    def __str__(self) -> str:
        return str(self.file)

    @property
    def file(self) -> Path:
        """Where it lies."""
        return self.root / self.name

    def open(self) -> Image.Image:  # noqa: D102
        return Image.open(self.file, formats=formats())

    def content(self) -> bytes:  # noqa: D102
        return self.file.read_bytes()

    def stamp(self) -> tuple[str, int, int]:  # noqa: D102
        file = self.file
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for, a device read for ever
            raise ValueError("not a file of bytes")
        return str(file), status.st_size, status.st_mtime_ns


@dataclass(frozen=True)
class Listing:
    """What a data set holds.

    Attributes:
        classes: the pictures of each class, both in alphabetical order.
        left_out: ending of a name, such as ``.heic`` -> how many files with it are no images for us or lie in no class.
        num_held_out: images that are left alone until the end; they are not among the classes'.
    """

    classes: dict[str, list[Picture]]
    left_out: dict[str, int] = field(default_factory=dict)
    num_held_out: int = 0


@dataclass(frozen=True)
class Walk:
    """What a data set holds, class by class: of a folder only one class is in memory at a time.

    Attributes:
        names: of the classes, in alphabetical order.
        classes: the pictures of each, in alphabetical order; they are gone through once.
        left_out: as of a listing, complete once the classes have been gone through.
        num_held_out: as of a listing.
    """

    names: Sequence[str]
    classes: Iterator[list[Picture]]
    left_out: Counter[str] = field(default_factory=Counter)
    num_held_out: int = 0

    @classmethod
    def through(cls, listing: Listing) -> "Walk":
        """What was listed already."""
        own = listing.classes
        return cls(list(own), iter(own.values()), Counter(listing.left_out), listing.num_held_out)

    def listing(self) -> Listing:
        """All classes at a time."""
        classes = dict(zip(self.names, self.classes, strict=True))
        return Listing(classes, dict(self.left_out.most_common()), self.num_held_out)


class Unreadable(ValueError):  # noqa: N818
    """An image cannot be read.

    Attributes:
        path: of the image.
    """

    path: str = ""


@contextmanager
def reading(picture: Picture) -> Iterator[None]:
    """Turns whatever goes wrong inside into an Unreadable that names the picture."""
    try:
        yield
    except Exception as error:  # PIL's readers raise whatever their formats break with
        failure = Unreadable(must_be(printable(picture), "an image that can be read", error))
        failure.path = str(picture)
        raise failure from error


def attempt(read: Callable[[Picture], Found], picture: Picture) -> Found | Unreadable:
    """What ``read`` gives for a picture, or why it cannot be read: without a traceback, which would keep the image."""
    try:
        return read(picture)
    except Unreadable as error:
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)


def sound(attempts: Iterable[Found | Unreadable]) -> Iterator[Found]:
    """What was read of one picture after the other. From the first that cannot be read on the rest is only tried.

    Raises:
        ValueError: some cannot be read; ten of them are named.
    """
    broken: list[Unreadable] = []
    for outcome in attempts:
        if isinstance(outcome, Unreadable):
            broken.append(outcome)
        elif not broken:
            yield outcome
    if broken:
        raise broken[0] if len(broken) == 1 else ValueError(_told(broken))


def _told(broken: Sequence[Unreadable]) -> str:
    folder = os.path.commonpath([str(Path(failure.path).parent) for failure in broken])
    names = ", ".join(printable(os.path.relpath(failure.path, folder)) for failure in broken[:_MAX_NAMED])
    more = f" and {len(broken) - _MAX_NAMED} more" if len(broken) > _MAX_NAMED else ""
    return f"{printable(folder)}: {len(broken)} images cannot be read ({names}{more}). {broken[0]}"


def printable(path: object) -> str:
    """A path for a message of one line: quoted and escaped where its characters ask for it."""
    text = str(path)
    return text if text.isprintable() else repr(text)
