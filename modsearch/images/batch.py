"""Batches on the training device: the same images in the same order with the same crops for every network."""

from collections.abc import Iterator
from copy import copy

import torch
from torch import Generator, Tensor

from modsearch.images.augmentation import centre_crop, draw_padded, draw_resized, padded_crop, resized_crop
from modsearch.images.feed import WHOLE, Batch, Share
from modsearch.images.normalisation import Normalisation
from modsearch.images.seed import draw_seed, step_seed
from modsearch.images.split import Images, Split
from modsearch.space import Fidelity, Recipe


class Batches:
    """The feed of images in memory, normalised by the training images.

    It holds no state that training changes, so one object serves every network of a study.

    Args:
        split: what ``load_split`` gave for the same recipe.
        recipe: ``image_size``, ``batch_size`` and ``augment`` are read.
        device: where the batches go.
        seed: of order, crops and flips.
        resident: keep all pixels on the device, or send each batch. By default they are kept on the CPU, and on a GPU
            when they take less than half of its free memory.
        share: what of them is this process's.
    """

    def __init__(
        self,
        split: Split,
        recipe: Fidelity | Recipe,
        device: torch.device,
        seed: int,
        resident: bool | None = None,
        share: Share = WHOLE,
    ) -> None:
        assert recipe.image_size is not None
        self.share = share
        self._size = recipe.image_size
        self._recipe = recipe
        self._device = device
        self._seed = seed
        if resident is None:
            resident = _fits(split, device)
        self._resident = resident
        self._train = _Store(split.train, device, resident)
        self._validation = _Store(split.validation, device, resident)
        self._normalise = Normalisation(split.train.mean_std, device)

    def judging(self, images: Images) -> "Batches":
        """The same feed, with other validation images."""
        other = copy(self)
        other._validation = _Store(images, self._device, self._resident)
        return other

    @property
    def num_batches(self) -> int:
        """Batches, thus training steps, of an epoch."""
        return max(1, len(self._train) // self._recipe.batch_size)

    @property
    def num_validation(self) -> int:
        """Validation images."""
        return len(self._validation)

    def epoch(self, index: int, start: int = 0) -> Iterator[Batch]:
        """Shuffled and augmented training batches; an incomplete last one is dropped unless it is the only one."""
        generator = Generator().manual_seed(draw_seed(self._seed, index))
        order_N = torch.randperm(len(self._train), generator=generator)
        for number, index_B in enumerate(torch.split(order_N, self._recipe.batch_size)[: self.num_batches]):
            position_2BS = self._draw(len(index_B), generator)
            if number < start:
                continue
            for place_P in self.share.take(torch.arange(len(index_B))):
                pixels_NHWC, place_B, labels_B = self._train.take(index_B[place_P])
                own_2BS = None if position_2BS is None else position_2BS[:, place_P]
                yield self._augment(pixels_NHWC, place_B, own_2BS), labels_B

    def validation_batches(self, stride: int = 1) -> Iterator[Batch]:
        """Validation images in order, in the middle crop."""
        for index_B in judged_parts(len(self._validation), self._size, self.share, stride):
            pixels_NHWC, place_B, labels_B = self._validation.take(index_B)
            yield self._normalise(centre_crop(pixels_NHWC, place_B, self._size)), labels_B

    def step_seed(self, epoch: int, step: int, part: int = 0) -> int:
        """A seed for what is drawn in a part of a step of an epoch, of its own for each."""
        return step_seed(self._seed, epoch, step, part)

    def _draw(self, num: int, generator: Generator) -> Tensor | None:
        """Where the crops of a batch lie; None for the middle."""
        if not self._recipe.augment:
            return None
        draw = draw_padded if self._size <= 64 else draw_resized
        return draw(num, self._size, generator)

    def _augment(self, pixels_NHWC: Tensor, place_B: Tensor, position_2BS: Tensor | None) -> Tensor:
        if position_2BS is None:
            return self._normalise(centre_crop(pixels_NHWC, place_B, self._size))
        if self._size <= 64:
            return self._normalise(padded_crop(pixels_NHWC, place_B, position_2BS))
        return resized_crop(self._normalise(pixels_NHWC.index_select(0, place_B)), position_2BS)


class _Store:
    """Images of which batches are taken: on the device, or sent to it batch by batch."""

    def __init__(self, images: Images, device: torch.device, resident: bool) -> None:
        self._resident = resident
        self._device = device
        self._pixels_NHWC = images.pixels_NHWC.to(device) if resident else images.pixels_NHWC
        self._labels_N = images.labels_N.to(device) if resident else images.labels_N

    def __len__(self) -> int:
        return len(self._labels_N)

    def take(self, index_B: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pixels on the device, the places of the batch's images in them, and the labels of the batch."""
        if self._resident:
            index_B = index_B.to(self._device)
            return self._pixels_NHWC, index_B, self._labels_N[index_B]
        place_B = torch.arange(len(index_B), device=self._device)
        return self._send(self._pixels_NHWC.index_select(0, index_B)), place_B, self._send(self._labels_N[index_B])

    def _send(self, tensor: Tensor) -> Tensor:
        if self._device.type == "cuda":  # from pinned memory the copy runs beside the computation
            tensor = tensor.pin_memory()
        return tensor.to(self._device, non_blocking=True)


def _fits(split: Split, device: torch.device) -> bool:
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return split.train.pixels_NHWC.nbytes + split.validation.pixels_NHWC.nbytes < free / 2


def judged_parts(num: int, size: int, share: Share, stride: int) -> Iterator[Tensor]:
    """The parts in which a process takes its validation images of ``size`` pixels a side, of ``num`` in all."""
    own_N = share.judge(torch.arange(0, num, stride))
    yield from torch.split(own_N, 500 if size <= 64 else 100) if len(own_N) else ()
