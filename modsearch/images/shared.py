"""A split for other machines: from their own images where they have the same ones, else from those of the search."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from modsearch.images.cache import Selection, Shape, content_hash, map_pixels, pixel_file
from modsearch.images.decode import decode, storage_size
from modsearch.images.picture import printable
from modsearch.images.split import Split, choose, cut
from modsearch.message import must_be
from modsearch.space import Data, Fidelity, ImageFolder

ReadPart = Callable[[int, int], bytes]
"""Gives a part of the shared file: where it begins, and how many bytes it has. OSError where it cannot give all."""

_PART_BYTES = 2**23
_HASH_DIGITS = 12  # of 64, in messages


@dataclass(frozen=True, eq=False)
class SharedSplit:
    """A split but for its pixels, and where those lie: it is small, and is sent to every worker.

    Attributes:
        data: what the study trains on.
        fidelity: how much of it.
        split_seed: which images are validation.
        labels_N: int64, of the training images, then of the others.
        num_train: training images.
        class_names: in alphabetical order.
        content_hash: of the images.
        file: the decoded pixels, on the machine of the search.
    """

    data: Data
    fidelity: Fidelity
    split_seed: int
    labels_N: Tensor  # noqa: N815
    num_train: int
    class_names: tuple[str, ...]
    content_hash: str
    file: Path

    @classmethod
    def of(cls, split: Split, data: Data, fidelity: Fidelity, split_seed: int) -> "SharedSplit":
        """What ``load_split`` gave for these on this machine."""
        return cls(
            data=data,
            fidelity=fidelity,
            split_seed=split_seed,
            labels_N=torch.cat((split.train.labels_N, split.validation.labels_N)),
            num_train=len(split.train),
            class_names=split.class_names,
            content_hash=split.content_hash,
            file=pixel_file(split.content_hash).absolute(),
        )

    @property
    def shape(self) -> Shape:
        """(N, size, size, 3) of the pixels."""
        size = storage_size(self.fidelity.image_size)
        return len(self.labels_N), size, size, 3

    def load(self, read: ReadPart) -> Split:
        """The split on the machine that calls, mapped from its cache.

        Pixels that are not in the cache are decoded from the folder of ``data.path``; where there is none that can be
        read, they are copied from the machine of the search. One process does that, and the others wait for it.

        Raises:
            ValueError: other images lie at the path, or no images and the others cannot be had.
            OSError: the cache cannot be written.
        """
        pixels_NHWC = map_pixels(self.content_hash, self.shape, lambda: self._pixels(read))
        return cut(pixels_NHWC, self.labels_N, self.num_train, self.class_names, self.content_hash)

    @property
    def _place(self) -> str:
        return f"data.path {printable(self.data.path)}" if isinstance(self.data, ImageFolder) else "data"

    def _pixels(self, read: ReadPart) -> Iterator[bytes]:
        own = self._own()
        return (
            self._copied(read)
            if own is None
            else (pixels_HWC.tobytes() for pixels_HWC in decode(own.pictures, own.size))
        )

    def _own(self) -> Selection | None:
        """The pictures at this machine's path; None where there are none."""
        if not isinstance(self.data, ImageFolder):  # a download: one is enough
            return None
        try:
            selection = choose(self.data, self.fidelity, self.split_seed).selection
            found = content_hash(selection)
        except (ValueError, OSError):
            return None
        if found != self.content_hash:
            rule = f"the images of the study (content hash {self.content_hash[:_HASH_DIGITS]}) or no folder"
            raise ValueError(must_be(self._place, rule, f"content hash {found[:_HASH_DIGITS]}"))
        return selection

    def _copied(self, read: ReadPart) -> Iterator[bytes]:
        num_bytes = math.prod(self.shape)
        for start in range(0, num_bytes, _PART_BYTES):
            try:
                yield read(start, min(_PART_BYTES, num_bytes - start))
            except OSError as error:
                rule = "a folder with the images of the study, for those of the search cannot be had"
                raise ValueError(must_be(self._place, rule, str(error))) from error
