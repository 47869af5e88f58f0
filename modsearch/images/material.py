"""Material: the images that a network is trained on in full, chosen by and judged on."""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import torch

from modsearch.images.augmentation import MIN_AREA
from modsearch.images.batch import Batches
from modsearch.images.cache import OnProgress, Selection, content_hash, load_pixels
from modsearch.images.decode import DECODING, DECODING_OF_FILES
from modsearch.images.feed import Feed, Share
from modsearch.images.picture import Picture, Unreadable, attempt, reading, sound
from modsearch.images.split import Images, choose, choose_held_out, load_choice
from modsearch.images.stream import Stream, sample_mean_std
from modsearch.images.worker import num_workers, start_server
from modsearch.space import Data, Digits, Recipe

MAX_IN_MEMORY = 2**32
"""Bytes of decoded images, up to which they stay in memory."""

Fact = tuple[str | int, ...]
"""Name, size and time of change of a file; of an array name and hash."""

_NUM_THREADS = 16
_CHUNK, _WINDOW = 512, 16_384  # pictures that a thread, and all of them, look at before the facts are used up


@dataclass(frozen=True, eq=False)
class Material:
    """All that a training reads.

    Attributes:
        train: feeds it; its validation images choose the epoch.
        held_out: judges the network at the end by images that nobody has seen; None where there are none.
        class_names: a label is a position here.
        content_hash: of the images for training and validation; where they are streamed, of the files' names, sizes and
            times of change.
        mean: of each channel of the training images, from 0 to 1; where they are streamed, of 2,048 of them.
        std: their standard deviation.
        num_train: images for training.
        device: where they go.
        is_streamed: whether they are read from their files epoch by epoch.
    """

    train: Feed
    held_out: Feed | None
    class_names: tuple[str, ...]
    content_hash: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    num_train: int
    device: torch.device
    is_streamed: bool = False


def load_material(
    data: Data,
    recipe: Recipe,
    device: torch.device,
    seeds: tuple[int, int],
    share: Share,
    on_progress: OnProgress | None = None,
) -> Material:
    """The images of ``data`` as a recipe wants them: in memory as in a search, or streamed.

    They are streamed where they would take more than ``MAX_IN_MEMORY``, and where the recipe wants of them what only a
    stream can do: one operation an image, or other crops than those of a search.

    Args:
        data: what the network is trained on.
        recipe: its ``image_size`` is given.
        device: where the batches go.
        seeds: of the split, and of order and draws.
        share: what of each batch is this process's.
        on_progress: called with images done and in all while they are decoded.

    Raises:
        ValueError: the data cannot give what is asked, or an image cannot be read; the field or file is named.
    """
    choice, held_out = choose(data, recipe, seeds[0]), choose_held_out(data, recipe)
    train: Feed
    judge: Feed | None
    if is_streamed := not _stays_in_memory(recipe, choice.selection, held_out):
        if num_workers():
            start_server()
        key, mean_std = stamp_hash(choice.selection), sample_mean_std(choice, on_progress)
        stream = Stream(choice, mean_std, recipe, device, seeds[1], share)
        train, judge = stream, None if held_out is None else stream.judging(held_out)
    else:
        split = load_choice(choice, on_progress, is_cached=not isinstance(data, Digits))
        key, mean_std = split.content_hash, split.train.mean_std
        batches = Batches(split, recipe, device, seeds[1], share=share)
        train, judge = batches, None if held_out is None else batches.judging(_decoded(held_out, on_progress))
    mean_C, std_C = mean_std
    return Material(
        train=train,
        held_out=judge,
        class_names=choice.class_names,
        content_hash=key,
        mean=tuple((mean_C / 255).tolist()),
        std=tuple((std_C / 255).tolist()),
        num_train=choice.num_train,
        device=device,
        is_streamed=is_streamed,
    )


def _stays_in_memory(recipe: Recipe, chosen: Selection, held_out: Selection | None) -> bool:
    """Whether ``Batches`` can do all that a recipe wants, and the images are few enough."""
    has_its_crops = not recipe.augment or recipe.size <= 64 or recipe.min_area == MIN_AREA
    num_bytes = sum(math.prod(part.shape) for part in (chosen, held_out) if part is not None)
    return has_its_crops and not recipe.trivial_augment and num_bytes <= MAX_IN_MEMORY


def _decoded(selection: Selection, on_progress: OnProgress | None) -> Images:
    pixels_NHWC = load_pixels(selection, content_hash(selection), on_progress)
    return Images(pixels_NHWC, torch.tensor(selection.labels))


def stamp_hash(selection: Selection) -> str:
    """SHA-256 over names, labels, and the size and time of change of each file, which is not read.

    An image that is in no file has its content instead.

    Raises:
        ValueError: a file is not there; it is named.
    """
    way = ["stamps", DECODING, DECODING_OF_FILES, selection.size]
    sha256 = hashlib.sha256(json.dumps(way).encode())
    for label, fact in zip(selection.labels, sound(_facts(selection.pictures)), strict=True):
        sha256.update(json.dumps([label, *fact]).encode())
    return sha256.hexdigest()


def _facts(pictures: Sequence[Picture]) -> Iterator[Fact | Unreadable]:
    """By threads, since a file system far away takes its time; a window of them at a time, to hold few in memory."""
    with ThreadPoolExecutor(_NUM_THREADS) as pool:
        for start in range(0, len(pictures), _WINDOW):
            window = pictures[start : start + _WINDOW]
            parts = (window[place : place + _CHUNK] for place in range(0, len(window), _CHUNK))
            yield from chain.from_iterable(pool.map(_facts_of, parts))


def _facts_of(pictures: Sequence[Picture]) -> list[Fact | Unreadable]:
    return [attempt(_fact, picture) for picture in pictures]


def _fact(picture: Picture) -> Fact:
    with reading(picture):
        stamp = picture.stamp()
        known = (hashlib.sha256(picture.content()).hexdigest(),) if stamp is None else stamp[1:]
        return picture.name, *known
