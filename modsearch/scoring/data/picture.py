"""One image before it is decoded: in memory or in a file."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modsearch.message import must_be

# Of the suffixes that are listed. PIL would go by the content and start an interpreter for PostScript, say.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")


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
        return Image.open(self.file, formats=_FORMATS)

    def content(self) -> bytes:  # noqa: D102
        return self.file.read_bytes()

    def stamp(self) -> tuple[str, int, int]:  # noqa: D102
        status = self.file.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for, a device read for ever
            raise ValueError("not a file of bytes")
        return str(self.file), status.st_size, status.st_mtime_ns


@contextmanager
def reading(picture: Picture) -> Iterator[None]:
    """Turns whatever goes wrong inside into a ValueError that names the picture."""
    try:
        yield
    except Exception as error:  # PIL's readers raise whatever their formats break with
        raise ValueError(must_be(printable(picture), "an image that can be read", error)) from error


def printable(path: object) -> str:
    """A path for a message of one line: quoted and escaped where its characters ask for it."""
    text = str(path)
    return text if text.isprintable() else repr(text)
