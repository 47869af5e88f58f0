"""What is drawn for one picture."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import v2

from modsearch.images.decode import decode_one, decode_whole, storage_size
from modsearch.images.picture import ArrayPicture, FilePicture
from modsearch.images.preparation import Preparation
from modsearch.space import Recipe


def recipe(**changes: Any) -> Recipe:
    values = {"epochs": 1, "learning_rate": 0.1, "schedule": {"kind": "one_cycle"}, "image_size": 80}
    return Recipe(**{**values, **changes})


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def ramp(height: int, width: int) -> NDArray[np.uint8]:
    """Red tells the column, green the row, so that a crop says where it was cut."""
    row, column = np.mgrid[:height, :width]
    return np.stack((column * 255 // (width - 1), row * 255 // (height - 1), 0 * row), axis=2).astype(np.uint8)


@pytest.mark.parametrize("size", [8, 80])
@pytest.mark.parametrize("trivial_augment", [False, True])
@pytest.mark.parametrize("augment", [False, True])
def test_every_way_gives_the_size_and_its_seed_decides(size: int, augment: bool, trivial_augment: bool) -> None:
    way = Preparation(recipe(image_size=size, augment=augment, trivial_augment=trivial_augment))
    picture = ArrayPicture("a/0", noise(110, 130))
    drawn = [way.draw(picture, seed) for seed in range(20)]
    assert {(each.shape, each.dtype) for each in drawn} == {((size, size, 3), np.dtype(np.uint8))}
    assert all(np.array_equal(each, way.draw(picture, seed)) for seed, each in enumerate(drawn))
    differ = sum(not np.array_equal(each, drawn[0]) for each in drawn)
    assert differ > 5 if augment or trivial_augment else differ == 0


@pytest.mark.parametrize("size", [8, 80])
def test_middle_is_that_of_the_image_as_stored(size: int) -> None:
    picture = ArrayPicture("a/0", noise(110, 130))
    start = (storage_size(size) - size) // 2
    expected = decode_one(picture, storage_size(size))[start:, start:][:size, :size]
    assert np.array_equal(Preparation(recipe(image_size=size)).middle(picture), expected)


def test_small_crops_are_windows_of_the_reflected_image() -> None:
    pixels = noise(32, 32)
    padded = np.pad(pixels, ((2, 2), (2, 2), (0, 0)), mode="reflect")
    windows = {padded[top : top + 32, left : left + 32].tobytes() for top in range(5) for left in range(5)}
    way = Preparation(recipe(image_size=32))
    drawn = [way.draw(ArrayPicture("a/0", pixels), seed) for seed in range(40)]
    mirrored = [each[:, ::-1].tobytes() for each in drawn if each.tobytes() not in windows]
    assert set(mirrored) <= windows
    assert 10 < len(mirrored) < 30


def test_large_crops_come_from_all_of_the_picture() -> None:
    """Not from its centre square: wide pictures show their left and right ends."""
    way = Preparation(recipe(min_area=0.08))
    drawn = [way.draw(ArrayPicture("a/0", ramp(100, 300)), seed) for seed in range(100)]
    assert min(each[..., 0].min() for each in drawn) < 20
    assert max(each[..., 0].max() for each in drawn) > 235
    spans = [np.ptp(each[40, :, 0].astype(int)) * np.ptp(each[:, 40, 1].astype(int)) / 255**2 for each in drawn]
    assert 0.06 < min(spans) < 0.15
    assert max(spans) > 0.4


def test_smallest_area_is_that_of_the_recipe() -> None:
    way = Preparation(recipe(min_area=0.9))
    drawn = [way.draw(ArrayPicture("a/0", ramp(200, 200)), seed) for seed in range(30)]
    assert min(np.ptp(each[40, :, 0].astype(int)) for each in drawn) > 255 * 0.8


def test_draws_are_torchvisions(tmp_path: Path) -> None:
    image = Image.fromarray(noise(110, 130))
    crop = v2.RandomResizedCrop(80, scale=(0.25, 1.0), antialias=True)
    steps = v2.Compose([crop, v2.RandomHorizontalFlip(), v2.TrivialAugmentWide()])
    way = Preparation(recipe(min_area=0.25, trivial_augment=True))
    for seed in range(10):
        torch.manual_seed(seed)
        expected = np.asarray(steps(image))
        assert np.array_equal(way.draw(ArrayPicture("a/0", np.asarray(image)), seed), expected)


def test_draws_are_of_their_own() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    Preparation(recipe(trivial_augment=True)).draw(ArrayPicture("a/0", noise(90, 90)), 7)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("min_area", "expected"), [(1.0, (250, 150)), (0.25, (500, 300)), (0.05, (1000, 600))])
def test_a_large_jpeg_is_read_at_a_fraction_that_the_smallest_crop_allows(
    min_area: float, expected: tuple[int, int], tmp_path: Path
) -> None:
    """The shortest side of a crop of all has sqrt(3/4 1000 600) = 671 pixels, of a quarter 335, of a twentieth 150."""
    Image.fromarray(ramp(600, 1000)).save(tmp_path / "large.jpg")
    whole = decode_whole(FilePicture(tmp_path, "large.jpg"), 150, min_area)
    assert whole.size == expected


def test_a_picture_is_upright_and_rgb(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # its first row is shown as the last column
    Image.fromarray(ramp(100, 200)[..., 0]).save(tmp_path / "grey.png", exif=exif)
    whole = decode_whole(FilePicture(tmp_path, "grey.png"), 80, 0.1)
    assert (whole.size, whole.mode) == ((100, 200), "RGB")


@pytest.mark.parametrize("augment", [False, True])
def test_a_broken_picture_is_named(augment: bool, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"not an image")
    with pytest.raises(ValueError, match=r"/broken\.jpg must be an image that can be read\. Got UnidentifiedImage"):
        Preparation(recipe(augment=augment)).draw(FilePicture(tmp_path, "broken.jpg"), 0)
