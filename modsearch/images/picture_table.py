"""Many pictures in little memory: of files only the names, some 40 bytes each; of arrays one that holds all."""

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from modsearch.images.picture import ArrayPicture, FilePicture, Picture

_CHUNK = 1024  # pictures that are made at a time where all are gone through


class PictureTable(Sequence[Picture]):
    """Pictures of one data set; each is made when it is asked for.

    Sent to another process it is not copied: torch moves its tensors into memory that both share.

    Args:
        names_L: uint8, the bytes of all names, one after the other.
        end_N: int64, where each name ends.
        root: below which the files lie; None for arrays.
        pixels_NHWC: uint8, of arrays; None for files.
    """

    def __init__(self, names_L: Tensor, end_N: Tensor, root: Path | None, pixels_NHWC: Tensor | None) -> None:
        self._names_L = names_L
        self._end_N = end_N
        self._root = root
        self._pixels_NHWC = pixels_NHWC

    def __len__(self) -> int:
        return len(self._end_N)

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> list[Picture]: ...
    def __getitem__(self, index: int | slice) -> Picture | list[Picture]:
        if isinstance(index, slice):
            return self._pictures(range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        place = index % len(self)
        return self._pictures(range(place, place + 1))[0]

    def __iter__(self) -> Iterator[Picture]:
        for start in range(0, len(self), _CHUNK):
            yield from self[start : start + _CHUNK]

    def _pictures(self, places: range) -> list[Picture]:
        if not places:
            return []
        first, last = min(places[0], places[-1]), max(places[0], places[-1])
        end_N = self._end_N.numpy()
        start = int(end_N[first - 1]) if first else 0
        names = self._names_L.numpy()[start : end_N[last]].tobytes()
        bounds = [0, *(end_N[first : last + 1] - start).tolist()]
        found = [os.fsdecode(names[begin:end]) for begin, end in pairwise(bounds)]
        return [self._picture(place, found[place - first]) for place in places]

    def _picture(self, place: int, name: str) -> Picture:
        if self._root is not None:
            return FilePicture(self._root, name)
        assert self._pixels_NHWC is not None
        return ArrayPicture(name, self._pixels_NHWC[place].numpy())


class TableWriter:
    """Takes pictures class by class, and keeps what a table holds of them.

    Attributes:
        labels: of the pictures so far.
    """

    def __init__(self) -> None:
        self.labels: list[int] = []
        self._names = bytearray()
        self._ends = array("q")
        self._roots: set[Path] = set()
        self._arrays: list[NDArray[np.uint8]] = []

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, pictures: Iterable[Picture], label: int) -> None:
        """These of one class come next: files below one folder, or arrays of one size."""
        for picture in pictures:
            self._names += os.fsencode(picture.name)
            self._ends.append(len(self._names))
            self.labels.append(label)
            if isinstance(picture, FilePicture):
                self._roots.add(picture.root)
            else:
                assert isinstance(picture, ArrayPicture)
                self._arrays.append(picture.pixels_HWC)

    def extend(self, other: "TableWriter") -> None:
        """All that another one took comes next."""
        shift = len(self._names)
        self._names += other._names
        self._ends.extend(end + shift for end in other._ends)
        self.labels += other.labels
        self._roots |= other._roots
        self._arrays += other._arrays

    def table(self) -> PictureTable:
        """All that was taken, in its order."""
        assert len(self._roots) + bool(self._arrays) <= 1
        return PictureTable(
            names_L=torch.from_numpy(np.frombuffer(self._names, np.uint8)),
            end_N=torch.from_numpy(np.frombuffer(self._ends, np.int64)),
            root=next(iter(self._roots), None),
            pixels_NHWC=torch.from_numpy(np.stack(self._arrays)) if self._arrays else None,
        )
