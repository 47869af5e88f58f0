"""Decoded images, kept in a folder by the hash of what they were decoded from.

``images/HASH.uint8`` holds pixels (N, size, size, 3) and nothing else. ``images/SIGNATURE.json`` maps names, sizes and
times of change of the files to HASH, so that a start does not read every file of a big folder;
``images/SIGNATURE.hashes`` maps those of a class to the hash of each file. Files appear whole
(a temporary name, then a rename): a kill leaves no half file. Of processes that want the same file one makes it while
the others wait; on a file system without locks each makes it, which does no harm. Files follow the umask, so that users
of a group may share a folder. Where it cannot be used, pixels that are few stay in memory.
"""

import hashlib
import json
import logging
import math
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import torch
from filelock import FileLock
from torch import Tensor

from modsearch.file import PARTIAL, appearing
from modsearch.images.decode import DECODING, DECODING_OF_FILES, decode
from modsearch.images.picture import FilePicture, Picture, Unreadable, attempt, reading, sound
from modsearch.machine import num_cpus

OnProgress = Callable[[int, int], None]
Shape = tuple[int, int, int, int]

_log = logging.getLogger("modsearch")

_MAX_IN_MEMORY = 2**30  # bytes, of a process
_WINDOW = 8192  # pictures that are hashed at a time
_IMAGES = "images"
_SCHEMA_VERSION = 1


class CacheFailed(OSError):  # noqa: N818
    """The cache cannot be written; the message says which folder, why, and what names another one."""


@dataclass(frozen=True)
class Selection:
    """The pictures to decode, their labels, and the side in pixels to which they are decoded."""

    pictures: Sequence[Picture]
    labels: Sequence[int]
    size: int

    @property
    def shape(self) -> Shape:
        """(N, size, size, 3) when decoded."""
        return len(self.pictures), self.size, self.size, 3

    def digest(self, facts: Iterable[object]) -> str:
        """SHA-256 over names, labels, the way of decoding and one fact for each picture."""
        decoding = (
            [DECODING, DECODING_OF_FILES]
            if any(isinstance(image, FilePicture) for image in self.pictures)
            else DECODING
        )
        sha256 = hashlib.sha256(json.dumps([_SCHEMA_VERSION, decoding, self.size]).encode())
        for picture, label, fact in zip(self.pictures, self.labels, facts, strict=True):
            sha256.update(json.dumps([picture.name, label, fact]).encode())
        return sha256.hexdigest()


def cache_folder() -> Path:
    """``MODSEARCH_CACHE``, else ``$XDG_CACHE_HOME/modsearch``, else ``~/.cache/modsearch``."""
    if chosen := os.environ.get("MODSEARCH_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "modsearch"


def content_hash(selection: Selection) -> str:
    """SHA-256 over the content of the pictures; files are read again only if their signature is new."""
    stamps = list(sound(attempt(_stamp, picture) for picture in selection.pictures))
    if None in stamps:
        return _hash_content(selection)
    try:
        note = _folder() / f"{selection.digest(stamps)}.json"
    except OSError:
        return _hash_content(selection)
    return _noted(note) or _note_content(selection, note)


def content_hashes(pictures: Sequence[Picture]) -> list[str]:
    """SHA-256 over the content of each picture; all files are read again where the signature of one is new."""
    stamps = list(sound(attempt(_stamp, picture) for picture in pictures))
    signature = hashlib.sha256(json.dumps([_SCHEMA_VERSION, stamps]).encode()).hexdigest()
    try:
        note = _folder() / f"{signature}.hashes"
    except OSError:
        return list(_hash_all(pictures))
    found = _noted_hashes(note)
    if len(found) == len(pictures):
        return found
    with _alone(note):  # another process may just have read them
        found = _noted_hashes(note)
        if len(found) != len(pictures):
            found = list(_hash_all(pictures))
            with suppress(OSError), _appearing(note) as file:
                file.write("\n".join(found).encode())
    return found


def _noted_hashes(note: Path) -> list[str]:
    try:
        found = note.read_text("ascii", "replace").split()
    except OSError:
        return []
    return found if all(re.fullmatch("[0-9a-f]{64}", key) for key in found) else []


def _note_content(selection: Selection, note: Path) -> str:
    """Read every file, unless another process has just done so."""
    with _alone(note):
        key = _noted(note)
        if key is None:
            key = _hash_content(selection)
            with suppress(OSError), _appearing(note) as file:  # who needs more of the cache says so
                file.write(json.dumps({"schema_version": _SCHEMA_VERSION, "content_hash": key}).encode())
    return key


def _noted(note: Path) -> str | None:
    """The content hash that a sound note holds."""
    try:
        key = json.loads(note.read_bytes())["content_hash"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return key if isinstance(key, str) and re.fullmatch("[0-9a-f]{64}", key) else None


def load_pixels(selection: Selection, key: str, on_progress: OnProgress | None = None) -> Tensor:
    """The decoded pictures, uint8 (N, size, size, 3), mapped from the file of ``key``, which is made if it is missing.

    Raises:
        ValueError: images cannot be read; ten of them are named.
        OSError: the cache cannot be written, as on a full disk; its folder is named.
    """

    def read() -> Iterator[bytes]:
        return (pixels_HWC.tobytes() for pixels_HWC in decode(selection.pictures, selection.size, on_progress))

    return map_pixels(key, selection.shape, read)


def map_pixels(key: str, shape: Shape, read: Callable[[], Iterable[bytes]]) -> Tensor:
    """The pixels of ``key``, uint8 (N, size, size, 3), mapped from its file, or in memory where it cannot be written.

    Args:
        key: content hash.
        shape: (N, size, size, 3).
        read: gives them in parts, where there is no file yet or one that was cut short.

    Raises:
        OSError: the cache cannot be written, as on a full disk, and they are too many; its folder is named.
    """
    path, num_bytes = pixel_file(key), math.prod(shape)
    try:
        if not _is_whole(path, num_bytes):
            _make(path, num_bytes, read)
    except OSError as error:
        if num_bytes > _MAX_IN_MEMORY:
            raise
        _log.warning("%s Until then the images are decoded at every start.", error)
        return _in_memory(num_bytes, read).view(shape)
    return torch.from_file(str(path), shared=False, size=num_bytes, dtype=torch.uint8).view(shape)


def pixel_file(key: str) -> Path:
    """Where the pixels of a content hash lie once they are decoded."""
    return cache_folder() / _IMAGES / f"{key}.uint8"


def _is_whole(path: Path, num_bytes: int) -> bool:
    """Whether a file is there for us to read; one of another user that is not is replaced."""
    return os.access(path, os.R_OK) and path.stat().st_size == num_bytes


def _make(path: Path, num_bytes: int, read: Callable[[], Iterable[bytes]]) -> None:
    """Write the file, unless another process has just done so."""
    _folder()
    with _alone(path):
        if not _is_whole(path, num_bytes):
            with _appearing(path) as file:
                file.writelines(_quietly(read))


def _in_memory(num_bytes: int, read: Callable[[], Iterable[bytes]]) -> Tensor:
    pixels = bytearray(num_bytes)
    place = 0
    for part in _quietly(read):
        pixels[place : place + len(part)] = part
        place += len(part)
    return torch.frombuffer(pixels, dtype=torch.uint8)


def _quietly(read: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PIL's, of large images and odd ones; one that is broken is an error
        yield from read()


def _hash_content(selection: Selection) -> str:
    return selection.digest(_hash_all(selection.pictures))


def _hash_all(pictures: Iterable[Picture]) -> Iterator[str]:
    def attempts() -> Iterator[str | Unreadable]:
        remaining = iter(pictures)
        while window := list(islice(remaining, _WINDOW)):  # a pool holds 2 KB for each that waits
            yield from pool.map(partial(attempt, _hash_picture), window)

    with ThreadPoolExecutor(num_cpus()) as pool:
        yield from sound(attempts())


def _hash_picture(picture: Picture) -> str:
    with reading(picture):
        return hashlib.sha256(picture.content()).hexdigest()


def _stamp(picture: Picture) -> tuple[str, int, int] | None:
    with reading(picture):
        return picture.stamp()


def _folder() -> Path:
    folder = cache_folder() / _IMAGES
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns what goes wrong in the cache into one line that names its folder and says where to go."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        text = f"The cache folder {str(folder)!r} cannot be written: {reason}. MODSEARCH_CACHE names another place."
        raise CacheFailed(text) from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process of this machine at a time. The kernel frees the lock of one that dies."""
    place = path.with_suffix(".lock")
    lock = FileLock(place)
    with suppress(OSError):  # a file system without locks
        lock.acquire()
    try:
        yield
    finally:
        with suppress(OSError):
            place.unlink(missing_ok=True)  # who waits for it finds the file that was made
        lock.release()


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its name only when it is complete."""
    with writing(path.parent):
        partial = path.with_name(f".{uuid4().hex}{PARTIAL}")  # a file of tempfile's would be its maker's alone
        with appearing(path, partial) as file:
            yield file
