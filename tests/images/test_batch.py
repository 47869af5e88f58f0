from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from modsearch.images import Batches, Images, Split, load_split
from modsearch.space import Digits, Fidelity

CPU = torch.device("cpu")


def _split(num: int, size: int = 8) -> Split:
    """Images whose label is their number, so that a batch tells which images it holds."""
    shape = (num, size, size, 3)
    pixels_NHWC = torch.randint(0, 256, shape, dtype=torch.uint8, generator=Generator().manual_seed(0))
    images = Images(pixels_NHWC, torch.arange(num))
    return Split(images, images, tuple(map(str, range(num))), "")


def _batches(split: Split, seed: int = 0, resident: bool | None = None, **changes: Any) -> Batches:
    fidelity = Fidelity(**{"image_size": 8, "epochs": 1, "batch_size": 4, **changes})
    return Batches(split, fidelity, CPU, seed, resident)


def _same(first: Any, second: Any) -> bool:
    pairs = list(zip(first, second, strict=True))
    return all(torch.equal(x, x2) and torch.equal(y, y2) for (x, y), (x2, y2) in pairs)


def _labels(batches: Batches, epoch: int) -> Tensor:
    return torch.cat([labels_B for _, labels_B in batches.epoch(epoch)])


def test_batches_have_their_layout() -> None:
    x_BCHW, labels_B = next(_batches(_split(10)).epoch(0))
    assert (x_BCHW.shape, x_BCHW.dtype, x_BCHW.stride()) == ((4, 3, 8, 8), torch.float32, (192, 1, 24, 3))
    assert (labels_B.shape, labels_B.dtype) == ((4,), torch.int64)


@pytest.mark.parametrize(("num", "sizes"), [(8, [4, 4]), (11, [4, 4]), (3, [3])])
def test_last_incomplete_batch_is_dropped_unless_it_is_the_only_one(num: int, sizes: list[int]) -> None:
    batches = _batches(_split(num))
    assert [len(labels_B) for _, labels_B in batches.epoch(0)] == sizes
    assert batches.num_batches == len(sizes)


def test_every_epoch_has_every_image_once_in_another_order() -> None:
    batches = _batches(_split(40))
    first, second = _labels(batches, 0), _labels(batches, 1)
    assert first.sort().values.tolist() == second.sort().values.tolist() == list(range(40))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("size", [8, 80])
def test_equal_seeds_give_equal_batches(size: int) -> None:
    split = _split(12, 8 if size == 8 else 92)
    first, again, other = (_batches(split, seed, image_size=size) for seed in (5, 5, 6))
    assert _same(first.epoch(3), again.epoch(3))
    assert _same(first.epoch(3), first.epoch(3))
    assert not _same(first.epoch(3), other.epoch(3))
    assert not _same(first.epoch(3), first.epoch(4))


@pytest.mark.parametrize("size", [8, 80])
@pytest.mark.parametrize("augment", [True, False])
@pytest.mark.parametrize("start", [1, 2, 3])
def test_batches_after_those_passed_over_are_what_they_would_be(size: int, augment: bool, start: int) -> None:
    batches = _batches(_split(12, 8 if size == 8 else 92), image_size=size, augment=augment)
    assert _same(list(batches.epoch(1))[start:], batches.epoch(1, start))


@pytest.mark.parametrize("size", [8, 80])
@pytest.mark.parametrize("augment", [True, False])
def test_streamed_batches_are_those_of_resident_images(size: int, augment: bool) -> None:
    split = _split(12, 8 if size == 8 else 92)
    resident, streamed = (
        _batches(split, resident=is_resident, image_size=size, augment=augment) for is_resident in (True, False)
    )
    assert _same(resident.epoch(0), streamed.epoch(0))
    assert _same(resident.validation_batches(), streamed.validation_batches())


def test_images_without_augmentation_are_left_alone() -> None:
    split = _split(8)
    mean_C, std_C = split.train.mean_std
    for x_BCHW, labels_B in _batches(split, augment=False).epoch(0):
        expected_BHWC = (split.train.pixels_NHWC[labels_B].double() - mean_C) / std_C
        assert torch.allclose(x_BCHW.permute(0, 2, 3, 1).double(), expected_BHWC, atol=1e-6)


def test_training_pixels_are_normalised() -> None:
    fidelity = Fidelity(image_size=8, epochs=1, batch_size=2000, augment=False)
    x_BCHW, _ = next(Batches(load_split(Digits(), fidelity, 0), fidelity, CPU, 0).epoch(0))
    assert torch.allclose(x_BCHW.mean((0, 2, 3)), torch.zeros(3), atol=1e-5)
    assert torch.allclose(x_BCHW.std((0, 2, 3)), torch.ones(3), atol=1e-4)


def test_validation_has_every_image_in_order_and_never_augmented() -> None:
    split = _split(1100)
    parts = list(_batches(split, augment=True).validation_batches())
    assert [len(labels_B) for _, labels_B in parts] == [500, 500, 100]
    assert torch.equal(torch.cat([labels_B for _, labels_B in parts]), split.validation.labels_N)
    mean_C, std_C = split.train.mean_std
    x_NHWC = torch.cat([x_BCHW for x_BCHW, _ in parts]).permute(0, 2, 3, 1)
    assert torch.allclose(x_NHWC.double() * std_C + mean_C, split.validation.pixels_NHWC.double(), atol=1e-4)


def test_large_validation_images_are_the_middle() -> None:
    split = _split(3, 92)
    mean_C, std_C = split.train.mean_std
    ((x_BCHW, _),) = _batches(split, image_size=80).validation_batches()
    grey_BHWC = x_BCHW.permute(0, 2, 3, 1).double() * std_C + mean_C
    assert torch.allclose(grey_BHWC, split.train.pixels_NHWC[:, 6:86, 6:86].double(), atol=1e-4)


@pytest.mark.gpu
@pytest.mark.parametrize("resident", [True, False, None])
@pytest.mark.parametrize("size", [8, 80])
def test_gpu_gives_the_batches_of_the_cpu(size: int, resident: bool | None) -> None:
    split = _split(12, 8 if size == 8 else 92)
    fidelity = Fidelity(image_size=size, epochs=1, batch_size=4)
    cuda = Batches(split, fidelity, torch.device("cuda"), 0, resident)
    for (x, labels), (y, expected) in zip(cuda.epoch(0), _batches(split, image_size=size).epoch(0), strict=True):
        assert x.device.type == labels.device.type == "cuda"
        assert torch.equal(labels.cpu(), expected)
        assert torch.allclose(x.cpu(), y, atol=1e-3)
