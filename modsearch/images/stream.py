"""Stream: the feed of images that are read from their files epoch by epoch."""

import warnings
from collections.abc import Iterator, Sequence
from copy import copy
from itertools import islice

import numpy as np
import torch
from torch import Generator, Tensor

from modsearch.images.batch import judged_parts
from modsearch.images.cache import OnProgress, Selection
from modsearch.images.decode import decode
from modsearch.images.feed import WHOLE, Batch, Share
from modsearch.images.normalisation import MeanStd, Normalisation, mean_std
from modsearch.images.picture import Picture
from modsearch.images.preparation import Preparation
from modsearch.images.reader import Prepared, Reader, Request
from modsearch.images.sample import spread
from modsearch.images.seed import draw_seed, step_seed
from modsearch.images.split import Choice
from modsearch.space import Recipe

_NUM_SAMPLED = 2048
_CHUNK = 32  # of them are added up at a time: torch calls its threads together each time


class Stream:
    """Like ``Batches``, but nothing is kept of the images: workers read and prepare them one by one.

    What is drawn for an image follows from seed, epoch and its place among the training images alone: the workers, the
    processes that share a batch and the step at which a training goes on make no difference.

    Args:
        choice: what ``choose`` gave for the same recipe.
        mean_std: of the training images, such as ``sample_mean_std`` gives.
        recipe: ``image_size``, ``batch_size``, ``augment``, ``min_area`` and ``trivial_augment`` are read.
        device: where the batches go.
        seed: of order and draws.
        share: what of them is this process's.
    """

    def __init__(
        self,
        choice: Choice,
        mean_std: MeanStd,
        recipe: Recipe,
        device: torch.device,
        seed: int,
        share: Share = WHOLE,
    ) -> None:
        self.share = share
        self._recipe = recipe
        self._device = device
        self._seed = seed
        self._normalise = Normalisation(mean_std, device)
        self._num_train = choice.num_train
        self._train = self._validation = self._shelf(choice.selection)
        self._validation_N = torch.arange(choice.num_train, len(choice.selection.labels))

    def judging(self, selection: Selection) -> "Stream":
        """The same feed, with other validation pictures."""
        other = copy(self)
        other._validation = self._shelf(selection)
        other._validation_N = torch.arange(len(selection.labels))
        return other

    @property
    def num_batches(self) -> int:
        """Batches, thus training steps, of an epoch."""
        return max(1, self._num_train // self._recipe.batch_size)

    @property
    def num_validation(self) -> int:
        """Validation images."""
        return len(self._validation_N)

    def epoch(self, index: int, start: int = 0) -> Iterator[Batch]:
        """Shuffled and augmented training batches, in the order of ``Batches``; what is passed over is not read."""
        generator = Generator().manual_seed(draw_seed(self._seed, index))
        order_N = torch.randperm(self._num_train, generator=generator)
        batches = torch.split(order_N, self._recipe.batch_size)[start : self.num_batches]
        yield from self._read(self._train, [place_B for batch in batches for place_B in self.share.take(batch)], index)

    def validation_batches(self, stride: int = 1) -> Iterator[Batch]:
        """Validation images in order, in the middle crop: those of ``Batches``."""
        parts = judged_parts(len(self._validation_N), self._recipe.size, self.share, stride)
        yield from self._read(self._validation, [self._validation_N[part_B] for part_B in parts], None)

    def step_seed(self, epoch: int, step: int, part: int = 0) -> int:
        """A seed for what is drawn in a part of a step of an epoch, of its own for each."""
        return step_seed(self._seed, epoch, step, part)

    def _shelf(self, selection: Selection) -> "_Shelf":
        return _Shelf(selection, self._recipe, self._seed, is_pinned=self._device.type == "cuda")

    def _read(self, shelf: "_Shelf", parts: Sequence[Tensor], epoch: int | None) -> Iterator[Batch]:
        """Normalised images and labels at some places, drawn for an epoch or as for validation."""
        pixels = shelf.reader.read(Request(place_B.tolist(), epoch) for place_B in parts)
        for place_B, pixels_BHWC in zip(parts, pixels, strict=True):
            labels_B = shelf.labels_N[place_B].to(self._device)
            yield self._normalise(pixels_BHWC.to(self._device, non_blocking=True)), labels_B


class _Shelf:
    """Pictures and their labels, with somebody who reads them."""

    def __init__(self, selection: Selection, recipe: Recipe, seed: int, is_pinned: bool) -> None:
        self.labels_N = torch.tensor(selection.labels, dtype=torch.int64)
        self.reader = Reader(Prepared(selection.pictures, Preparation(recipe), recipe.size, seed), is_pinned)


def sample_mean_std(choice: Choice, on_progress: OnProgress | None = None) -> MeanStd:
    """Of at most 2,048 training pictures, evenly spread, as they are decoded for validation.

    Raises:
        ValueError: one of them cannot be read; it is named.
    """
    places = spread(0, choice.num_train, _NUM_SAMPLED)
    pictures: list[Picture] = [choice.selection.pictures[place] for place in places]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PIL's, of large images and odd ones
        decoded = decode(pictures, choice.selection.size, on_progress)
        parts = iter(lambda: list(islice(decoded, _CHUNK)), [])
        return mean_std(torch.from_numpy(np.stack(part)) for part in parts)
