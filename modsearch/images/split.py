"""The training and validation images of a study."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from modsearch.images.cache import OnProgress, Selection, content_hash, load_pixels
from modsearch.images.decode import decode, storage_size
from modsearch.images.picture import Picture
from modsearch.images.source import list_classes
from modsearch.message import must_be
from modsearch.record import ImageCount
from modsearch.space import Data, Digits, Fidelity

_CHUNK = 8192  # rows of pixels at a time in 64 bits
Labelled = tuple[Picture, int]


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
    def mean_std(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of each channel in grey values (0..255), float64; a constant channel gets 1."""
        width = self.pixels_NHWC.shape[2]
        total_WC, squares_WC = torch.zeros(2, width, 3, dtype=torch.float64)
        for rows_RWC in torch.split(self.pixels_NHWC.flatten(0, 1), _CHUNK):
            x_RWC = rows_RWC.double()
            total_WC += x_RWC.sum(0)
            squares_WC += x_RWC.square_().sum(0)
        count = self.pixels_NHWC.numel() // 3
        mean_C = total_WC.sum(0) / count
        variance_C = (squares_WC.sum(0) / count - mean_C.square()).clamp_min(0)
        return mean_C, torch.where(variance_C > 0, variance_C.sqrt(), 1.0)


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


def load_split(data: Data, fidelity: Fidelity, split_seed: int, on_progress: OnProgress | None = None) -> Split:
    """The images that ``fidelity`` selects from ``data``, decoded once and then mapped from the cache.

    Within each class a tenth is validation and the rest training, of which ``images_per_class`` (of the tenth: at most
    as many) are kept. The same seed gives the same split, and a smaller fidelity gives a part of a larger one's.

    Args:
        data: what the study trains on.
        fidelity: ``image_size``, ``classes`` and ``images_per_class`` are read.
        split_seed: which images are validation.
        on_progress: called with images done and in all, only while images are decoded.

    Raises:
        ValueError: the data cannot give what is asked, or an image cannot be read; the field or file is named.
    """
    choice = choose(data, fidelity, split_seed)
    selection, key = choice.selection, content_hash(choice.selection)
    pixels_NHWC = _decode_all(selection) if isinstance(data, Digits) else load_pixels(selection, key, on_progress)
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


def choose(data: Data, fidelity: Fidelity, split_seed: int) -> Choice:
    """What ``load_split`` selects; no image is read.

    Raises:
        ValueError: the data cannot give what is asked; the field or folder is named.
    """
    listing = list_classes(data)
    classes = _first_classes(listing.classes, fidelity.classes)
    train: list[Labelled] = []
    validation: list[Labelled] = []
    for label, (name, pictures) in enumerate(classes.items()):
        kept, tested = _split_class(name, pictures, fidelity.images_per_class, split_seed)
        train += [(picture, label) for picture in kept]
        validation += [(picture, label) for picture in tested]
    chosen, labels = zip(*train, *validation, strict=True)
    return Choice(
        selection=Selection(chosen, labels, storage_size(fidelity.image_size)),
        num_train=len(train),
        class_names=tuple(classes),
        left_out=listing.left_out,
        num_held_out=listing.num_held_out,
    )


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


def count_images(data: Data, fidelity: Fidelity) -> ImageCount:
    """How many images ``load_split`` selects; none is read.

    Raises:
        ValueError: the data cannot give what is asked.
    """
    listing = list_classes(data)
    classes = _first_classes(listing.classes, fidelity.classes)
    split = [_split_class(name, pictures, fidelity.images_per_class, 0) for name, pictures in classes.items()]
    train, validation = ([len(parts[part]) for parts in split] for part in (0, 1))
    num_images = sum(train) + sum(validation)
    return ImageCount(
        train=sum(train),
        validation=sum(validation),
        classes=len(classes),
        smallest_class=min(train),
        num_bytes=0 if isinstance(data, Digits) else num_images * storage_size(fidelity.image_size) ** 2 * 3,
        left_out=listing.left_out,
        held_out=listing.num_held_out,
    )


def _first_classes(classes: dict[str, list[Picture]], num_classes: int | None) -> dict[str, list[Picture]]:
    if num_classes is None:
        return classes
    if num_classes > len(classes):
        raise ValueError(must_be("fidelity.classes", f"at most {len(classes)}, the classes of the data", num_classes))
    return dict(list(classes.items())[:num_classes])


def _split_class(
    name: str, pictures: list[Picture], images_per_class: int | None, split_seed: int
) -> tuple[list[Picture], list[Picture]]:
    """Training and validation pictures of a class, each in the order of ``pictures``."""
    if len(pictures) < 2:
        raise ValueError(must_be(f"data: class {name!r}", "of at least 2 images", len(pictures)))
    order = list(range(len(pictures)))
    random.Random(f"{split_seed} {name}").shuffle(order)
    num_validation = max(1, round(len(order) / 10))
    validation, train = order[:num_validation], order[num_validation:]
    if images_per_class is not None and images_per_class > len(train):
        rule = f"at most {len(train)}, the training images of class {name!r}"
        raise ValueError(must_be("fidelity.images_per_class", rule, images_per_class))
    chosen = (sorted(part[:images_per_class]) for part in (train, validation))
    kept, tested = ([pictures[index] for index in part] for part in chosen)
    return kept, tested


def _decode_all(selection: Selection) -> Tensor:
    """The decoded pictures in memory, uint8 (N, size, size, 3): for data that is small and always there."""
    return torch.from_numpy(np.stack(list(decode(selection.pictures, selection.size))))
