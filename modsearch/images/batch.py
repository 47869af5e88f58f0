"""Batches on the training device: the same images in the same order with the same crops for every network."""

import hashlib
from collections.abc import Iterator

import torch
from torch import Generator, Tensor

from modsearch.images.augmentation import centre_crop, draw_padded, draw_resized, padded_crop, resized_crop
from modsearch.images.split import Images, Split
from modsearch.space import Fidelity

Batch = tuple[Tensor, Tensor]


class Batches:
    """The batches of a split, normalised by the training images: x_BCHW (float32, channels last) and labels_B (int64).

    It holds no state that training changes, so one object serves every network of a study.

    Args:
        split: what ``load_split`` gave for the same fidelity.
        fidelity: ``image_size``, ``batch_size`` and ``augment`` are read.
        device: where the batches go.
        seed: of order, crops and flips.
        resident: keep all pixels on the device, or send each batch. By default they are kept on the CPU, and on a GPU
            when they take less than half of its free memory.
    """

    def __init__(
        self, split: Split, fidelity: Fidelity, device: torch.device, seed: int, resident: bool | None = None
    ) -> None:
        self._fidelity = fidelity
        self._device = device
        self._seed = seed
        if resident is None:
            resident = _fits(split, device)
        self._train = _Store(split.train, device, resident)
        self._validation = _Store(split.validation, device, resident)
        mean_C, std_C = split.train.mean_std
        self._scale_C = (1 / std_C).float().to(device)
        self._shift_C = (-mean_C / std_C).float().to(device)

    @property
    def num_batches(self) -> int:
        """Batches, thus training steps, of an epoch."""
        return max(1, len(self._train) // self._fidelity.batch_size)

    @property
    def num_validation(self) -> int:
        """Validation images."""
        return len(self._validation)

    def epoch(self, index: int, start: int = 0) -> Iterator[Batch]:
        """Shuffled and augmented training batches; an incomplete last one is dropped unless it is the only one.

        The first ``start`` of them are passed over, and the others stay what they are.
        """
        generator = Generator().manual_seed(_hash(self._seed, index))
        order_N = torch.randperm(len(self._train), generator=generator)
        parts = torch.split(order_N, self._fidelity.batch_size)[: self.num_batches]
        for number, index_B in enumerate(parts):
            position_2BS = self._draw(len(index_B), generator)
            if number >= start:
                pixels_NHWC, place_B, labels_B = self._train.take(index_B)
                yield self._augment(pixels_NHWC, place_B, position_2BS), labels_B

    def validation_batches(self, stride: int = 1) -> Iterator[Batch]:
        """All validation images in order, or the first of every ``stride`` of them, in the middle crop."""
        batch_size = 500 if self._fidelity.image_size <= 64 else 100
        for index_B in torch.split(torch.arange(0, len(self._validation), stride), batch_size):
            pixels_NHWC, place_B, labels_B = self._validation.take(index_B)
            yield self._normalise(centre_crop(pixels_NHWC, place_B, self._fidelity.image_size)), labels_B

    def step_seed(self, epoch: int, step: int) -> int:
        """A seed for what a network draws in a step of an epoch, of its own for each."""
        return _hash(self._seed, epoch, step)

    def _draw(self, num: int, generator: Generator) -> Tensor | None:
        """Where the crops of a batch lie; None for the middle."""
        size = self._fidelity.image_size
        if not self._fidelity.augment:
            return None
        return draw_padded(num, size, generator) if size <= 64 else draw_resized(num, size, generator)

    def _augment(self, pixels_NHWC: Tensor, place_B: Tensor, position_2BS: Tensor | None) -> Tensor:
        size = self._fidelity.image_size
        if position_2BS is None:
            return self._normalise(centre_crop(pixels_NHWC, place_B, size))
        if size <= 64:
            return self._normalise(padded_crop(pixels_NHWC, place_B, position_2BS))
        return resized_crop(self._normalise(pixels_NHWC.index_select(0, place_B)), position_2BS)

    def _normalise(self, x_BHWC: Tensor) -> Tensor:
        """Grey values -> mean 0, standard deviation 1: uint8 (B, H, W, 3) -> float (B, 3, H, W), so channels last.

        It runs over rows of W x 3 values: torch is ten times slower where the inner dimension has 3.
        """
        x_BHR = x_BHWC.flatten(2).float()
        width = x_BHWC.shape[2]
        y_BHR = torch.addcmul(self._shift_C.repeat(width), x_BHR, self._scale_C.repeat(width))
        return y_BHR.view(x_BHWC.shape).permute(0, 3, 1, 2)


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


def _hash(*parts: int) -> int:
    """A seed in which neighbouring seeds and epochs have nothing in common; torch takes up to 64 bits."""
    return int.from_bytes(hashlib.sha256(" ".join(map(str, parts)).encode()).digest()[:7])
