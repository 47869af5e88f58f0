"""Preparation: a picture becomes what a network is trained on, with draws of its own."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torchvision.transforms import v2

from modsearch.images.decode import decode_middle, decode_whole
from modsearch.images.picture import Picture
from modsearch.space import Recipe


class Preparation:
    """Random crops, flips and operations, picture by picture.

    Args:
        recipe: ``image_size``, ``augment``, ``min_area`` and ``trivial_augment`` are read.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._size = recipe.size
        self._min_area = recipe.min_area
        self._is_cropped = recipe.augment and recipe.size > 64
        self._steps = list(_steps(recipe))

    def draw(self, picture: Picture, seed: int) -> NDArray[np.uint8]:
        """For training: (size, size, 3). The seed decides all that is drawn; no other draw is touched by it.

        Raises:
            ValueError: the picture cannot be read; it is named.
        """
        image = self._read(picture)
        with torch.random.fork_rng(devices=()):
            torch.default_generator.manual_seed(seed)  # torch.manual_seed would also ask for GPUs
            for step in self._steps:
                image = step(image)
        return np.asarray(image)

    def middle(self, picture: Picture) -> NDArray[np.uint8]:
        """For validation: (size, size, 3).

        Raises:
            ValueError: as above.
        """
        return decode_middle(picture, self._size)

    def _read(self, picture: Picture) -> Image.Image:
        if self._is_cropped:
            return decode_whole(picture, self._size, self._min_area)
        return Image.fromarray(self.middle(picture))


def _steps(recipe: Recipe) -> Iterator[nn.Module]:
    """On PIL images: it resizes them faster than torch does, and they need not be laid out anew."""
    size = recipe.size
    if recipe.augment and size > 64:
        yield v2.RandomResizedCrop(size, scale=(recipe.min_area, 1.0), ratio=(3 / 4, 4 / 3), antialias=True)
    elif recipe.augment:
        yield v2.RandomCrop(size, padding=max(1, size // 16), padding_mode="reflect")
    if recipe.augment:
        yield v2.RandomHorizontalFlip()
    if recipe.trivial_augment:
        yield v2.TrivialAugmentWide()
