from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from modsearch.images import cache, decode
from modsearch.images.decode import decode_one, storage_size
from modsearch.images.picture import ArrayPicture, FilePicture


def _random(height: int, width: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_storage_has_a_margin_above_64_pixels() -> None:
    assert [storage_size(size) for size in (8, 32, 64, 65, 224)] == [8, 32, 64, 75, 258]


def test_image_of_the_size_keeps_every_bit() -> None:
    x_HWC = _random(32, 32)
    assert np.array_equal(decode_one(ArrayPicture("a/0", x_HWC), 32), x_HWC)


@pytest.mark.parametrize(("height", "width"), [(16, 21), (24, 16), (16, 19)])
def test_longer_side_is_cut_around_the_centre(height: int, width: int) -> None:
    x_HWC = _random(height, width)
    top, left = (height - 16) // 2, (width - 16) // 2
    assert np.array_equal(decode_one(ArrayPicture("a/0", x_HWC), 16), x_HWC[top : top + 16, left : left + 16])


def test_shorter_side_is_resized() -> None:
    x_HWC = _random(20, 40)
    whole_HWC = np.asarray(Image.fromarray(x_HWC).resize((16, 8), Image.Resampling.BILINEAR))
    assert np.array_equal(decode_one(ArrayPicture("a/0", x_HWC), 8), whole_HWC[:, 4:12])


def test_grey_and_transparent_images_become_rgb(tmp_path: Path) -> None:
    for mode in ("L", "RGBA", "CMYK"):
        Image.new(mode, (9, 9)).save(tmp_path / f"{mode}.tif")
        x_HWC = decode_one(FilePicture(tmp_path, f"{mode}.tif"), 8)
        assert (x_HWC.shape, x_HWC.dtype) == ((8, 8, 3), np.uint8)


def test_large_jpeg_is_read_at_a_fraction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smooth_HWC = np.linspace(0, 255, 512).astype(np.uint8)[None, :, None].repeat(512, 0).repeat(3, 2)
    Image.fromarray(smooth_HWC).save(tmp_path / "large.jpg", quality=95)
    sizes: list[tuple[int, int]] = []
    convert = Image.Image.convert
    monkeypatch.setattr(Image.Image, "convert", lambda image, mode: [sizes.append(image.size), convert(image, mode)][1])
    x_HWC = decode_one(FilePicture(tmp_path, "large.jpg"), 32)
    assert sizes == [(64, 64)]
    exact_HWC = np.asarray(Image.fromarray(smooth_HWC).resize((32, 32), Image.Resampling.BILINEAR))
    assert np.abs(x_HWC.astype(int) - exact_HWC).max() <= 4


@pytest.mark.parametrize("content", [b"not an image", b""])
def test_image_that_cannot_be_read_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(content)
    with pytest.raises(ValueError, match=r"/broken\.png must be an image that can be read\. Got UnidentifiedImage"):
        decode_one(FilePicture(tmp_path, "broken.png"), 8)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_image_that_is_cut_off_is_named(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"cut.{suffix}"
    Image.fromarray(_random(64, 64)).save(file)
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=rf"/cut\.{suffix} must be an image that can be read\."):
        decode_one(FilePicture(tmp_path, file.name), 8)


@pytest.mark.parametrize("module", [cache, decode])
def test_as_many_threads_read_as_this_process_may_use_cpus(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's quota counts, not the CPUs of its host."""
    asked: list[int] = []

    class Pool(ThreadPoolExecutor):
        def __init__(self, max_workers: int) -> None:
            asked.append(max_workers)
            super().__init__(max_workers)

    monkeypatch.setattr(module, "num_cpus", lambda: 3)
    monkeypatch.setattr(module, "ThreadPoolExecutor", Pool)
    picture = ArrayPicture("a/0", _random(8, 8))
    list(decode.decode([picture], 8))
    cache._hash_content(cache.Selection([picture], [0], 8))
    assert asked == [3]
