"""The training and validation images of a study."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from modsearch.images.cache import OnProgress, Selection, content_hash, load_pixels
from modsearch.images.decode import decode, storage_size
from modsearch.images.normalisation import MeanStd, mean_std
from modsearch.images.picture import Picture, Walk
from modsearch.images.picture_table import TableWriter
from modsearch.images.source import walk_classes, walk_held_out
from modsearch.message import must_be
from modsearch.record import ImageCount
from modsearch.space import Data, Digits, Fidelity, Recipe

_CHUNK = 64  # images at a time in 64 bits
Amount = Fidelity | Recipe
"""What says how many images are selected, and of what size."""


@dataclass(frozen=True, eq=False)
class Images:
    """Decoded images with their classes.

    Attributes:
        pixels_NHWC: uint8, N square images; may be mapped from a file.
        labels_N: int64, indices into the class names.
    """

    pixels_NHWC: Tensor  # noqa: N815
    labels_N: Tensor  # noqa: N815

    def __len__(self) -> int:
        return len(self.labels_N)

    @cached_property
    def mean_std(self) -> MeanStd:
        """Of each channel; a constant one has a deviation of 1."""
        return mean_std(torch.split(self.pixels_NHWC, _CHUNK))


@dataclass(frozen=True, eq=False)
class Split:
    """The images of a study.

    Attributes:
        train: images to learn from.
        validation: images to measure accuracy on, other ones.
        class_names: in alphabetical order; a label is a position here.
        content_hash: SHA-256 over the selected images, their labels and the way they are decoded.
        left_out: ending of a name -> how many files of a folder have it and are no images, or lie in no class.
        num_held_out: images of a folder that are left alone until the end.
    """

    train: Images
    validation: Images
    class_names: tuple[str, ...]
    content_hash: str
    left_out: Mapping[str, int] = field(default_factory=dict)
    num_held_out: int = 0


def load_split(data: Data, fidelity: Amount, split_seed: int, on_progress: OnProgress | None = None) -> Split:
    """The images that ``fidelity`` selects from ``data``, decoded once and then mapped from the cache.

    Within each class a tenth, or the share that a recipe names, is validation and the rest training, of which
    ``images_per_class`` (of the tenth: at most as many) are kept. The same seed gives the same split, and a smaller
    fidelity gives a part of a larger one's.

    Args:
        data: what the study trains on.
        fidelity: or a recipe; ``image_size``, ``classes``, ``images_per_class`` and ``validation`` are read.
        split_seed: which images are validation.
        on_progress: called with images done and in all, only while images are decoded.

    Raises:
        ValueError: the data cannot give what is asked, or an image cannot be read; the field or file is named.
    """
    return load_choice(choose(data, fidelity, split_seed), on_progress, is_cached=not isinstance(data, Digits))


def load_choice(choice: "Choice", on_progress: OnProgress | None = None, is_cached: bool = True) -> Split:
    """The pictures of a choice decoded, in memory or mapped from the cache.

    Raises:
        ValueError: an image cannot be read; the file is named.
    """
    selection, key = choice.selection, content_hash(choice.selection)
    pixels_NHWC = load_pixels(selection, key, on_progress) if is_cached else _decode_all(selection)
    split = cut(pixels_NHWC, torch.tensor(selection.labels), choice.num_train, choice.class_names, key)
    return replace(split, left_out=choice.left_out, num_held_out=choice.num_held_out)


@dataclass(frozen=True)
class Choice:
    """Which pictures are training and validation images.

    Attributes:
        selection: the training pictures, then the others.
        num_train: training pictures.
        class_names: in alphabetical order.
        left_out: as of a split.
        num_held_out: likewise.
    """

    selection: Selection
    num_train: int
    class_names: tuple[str, ...]
    left_out: Mapping[str, int]
    num_held_out: int


def choose(data: Data, fidelity: Amount, split_seed: int) -> Choice:
    """What ``load_split`` selects; no image is read.

    Raises:
        ValueError: the data cannot give what is asked; the field or folder is named.
    """
    walk = walk_classes(data)
    parts = train, validation = TableWriter(), TableWriter()
    for label, (name, pictures) in enumerate(_first_classes(walk, fidelity.classes)):
        for part, own in zip(parts, _split_class(name, pictures, fidelity, split_seed), strict=True):
            part.add(own, label)
    num_train = len(train)
    train.extend(validation)
    return Choice(
        selection=Selection(train.table(), train.labels, storage_size(_size(fidelity))),
        num_train=num_train,
        class_names=tuple(walk.names[: fidelity.classes]),
        left_out=dict(walk.left_out.most_common()),
        num_held_out=walk.num_held_out,
    )


def choose_held_out(data: Data, fidelity: Amount) -> Selection | None:
    """The pictures that no search reads, of all classes; None where there are none.

    Raises:
        ValueError: their folder has other classes, or cannot be read; it is named.
    """
    walk = walk_held_out(data)
    if walk is None:
        return None
    writer = TableWriter()
    for label, pictures in enumerate(walk.classes):
        writer.add(pictures, label)
    return Selection(writer.table(), writer.labels, storage_size(_size(fidelity)))


def cut(
    pixels_NHWC: Tensor, labels_N: Tensor, num_train: int, class_names: tuple[str, ...], content_hash: str
) -> Split:
    """The split of pixels of which the first ``num_train`` are training images."""
    return Split(
        train=Images(pixels_NHWC[:num_train], labels_N[:num_train]),
        validation=Images(pixels_NHWC[num_train:], labels_N[num_train:]),
        class_names=class_names,
        content_hash=content_hash,
    )


def count_images(data: Data, fidelity: Amount) -> ImageCount:
    """How many images ``load_split`` selects; none is read.

    Raises:
        ValueError: the data cannot give what is asked.
    """
    walk = walk_classes(data)
    split = (_split_class(name, pictures, fidelity, 0) for name, pictures in _first_classes(walk, fidelity.classes))
    train, validation = zip(*(map(len, parts) for parts in split), strict=True)
    num_images = sum(train) + sum(validation)
    return ImageCount(
        train=sum(train),
        validation=sum(validation),
        classes=len(train),
        smallest_class=min(train),
        num_bytes=0 if isinstance(data, Digits) else num_images * storage_size(_size(fidelity)) ** 2 * 3,
        left_out=dict(walk.left_out.most_common()),
        held_out=walk.num_held_out,
    )


def _first_classes(walk: Walk, num_classes: int | None) -> Iterator[tuple[str, list[Picture]]]:
    """Names and pictures of so many classes; the others are gone through."""
    if num_classes is not None and num_classes > len(walk.names):
        rule = f"at most {len(walk.names)}, the classes of the data"
        raise ValueError(must_be("fidelity.classes", rule, num_classes))
    for number, named in enumerate(zip(walk.names, walk.classes, strict=True)):
        if num_classes is None or number < num_classes:
            yield named


def _split_class(
    name: str, pictures: list[Picture], amount: Amount, split_seed: int
) -> tuple[list[Picture], list[Picture]]:
    """Training and validation pictures of a class, each in the order of ``pictures``."""
    if len(pictures) < 2:
        raise ValueError(must_be(f"data: class {name!r}", "of at least 2 images", len(pictures)))
    order = list(range(len(pictures)))
    random.Random(f"{split_seed} {name}").shuffle(order)
    num_validation = max(1, round(len(order) * amount.validation)) if amount.validation else 0
    validation, train = order[:num_validation], order[num_validation:]
    images_per_class = amount.images_per_class
    if images_per_class is not None and images_per_class > len(train):
        rule = f"at most {len(train)}, the training images of class {name!r}"
        raise ValueError(must_be("fidelity.images_per_class", rule, images_per_class))
    chosen = (sorted(part[:images_per_class]) for part in (train, validation))
    kept, tested = ([pictures[index] for index in part] for part in chosen)
    return kept, tested


def _size(amount: Amount) -> int:
    assert amount.image_size is not None
    return amount.image_size


def _decode_all(selection: Selection) -> Tensor:
    """The decoded pictures in memory, uint8 (N, size, size, 3): for data that is small and always there."""
    return torch.from_numpy(np.stack(list(decode(selection.pictures, selection.size))))
