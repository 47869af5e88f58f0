import pytest
import torch
from torch import Generator, Tensor

from modsearch.images.augmentation import centre_crop, draw_padded, draw_resized, padded_crop, resized_crop


def _images(num: int, size: int) -> Tensor:
    return torch.randint(0, 256, (num, size, size, 3), dtype=torch.uint8, generator=Generator().manual_seed(0))


def _seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def _windows(image_HWC: Tensor, pad: int) -> dict[tuple[int, int, bool], Tensor]:
    """Every window of the padded image, and mirrored: the slow way."""
    size = image_HWC.shape[0]
    image_1CHW = image_HWC.permute(2, 0, 1)[None].float()
    padded_HWC = torch.nn.functional.pad(image_1CHW, (pad,) * 4, mode="reflect")[0].permute(1, 2, 0).byte()
    windows = {}
    for top in range(2 * pad + 1):
        for left in range(2 * pad + 1):
            window_HWC = padded_HWC[top : top + size, left : left + size]
            windows[top, left, False] = window_HWC
            windows[top, left, True] = window_HWC.flip(1)
    return windows


@pytest.mark.parametrize(("size", "pad"), [(8, 1), (32, 2), (48, 3)])
def test_padded_crop_is_a_window_of_its_own_image(size: int, pad: int) -> None:
    x_NHWC = _images(5, size)
    index_B = torch.tensor([3, 0, 4, 4, 1, 2] * 40)
    y_BHWC = padded_crop(x_NHWC, index_B, draw_padded(240, size, _seeded()))
    assert (y_BHWC.shape, y_BHWC.dtype) == ((240, size, size, 3), torch.uint8)
    windows = [_windows(image_HWC, pad) for image_HWC in x_NHWC]
    found = [
        [place for place, window_HWC in windows[index].items() if torch.equal(window_HWC, y_HWC)]
        for index, y_HWC in zip(index_B.tolist(), y_BHWC, strict=True)
    ]
    assert all(len(places) == 1 for places in found)
    assert {(top, left) for [(top, left, _)] in found} == {
        (t, le) for t in range(2 * pad + 1) for le in range(2 * pad + 1)
    }


def test_half_of_the_padded_crops_are_mirrored() -> None:
    column_HWC = torch.arange(8, dtype=torch.uint8)[None, :, None].expand(8, 8, 3)
    y_BHWC = padded_crop(
        column_HWC[None].contiguous(), torch.zeros(4000, dtype=torch.int64), draw_padded(4000, 8, _seeded())
    )
    mirrored = y_BHWC[:, 0, 2, 0] > y_BHWC[:, 0, 5, 0]
    assert mirrored.float().mean() == pytest.approx(0.5, abs=0.03)  # 4 standard deviations


def test_centre_crop_is_the_middle() -> None:
    x_NHWC = _images(4, 10)
    assert torch.equal(centre_crop(x_NHWC, torch.tensor([2, 0]), 6), x_NHWC[[2, 0], 2:8, 2:8])
    assert torch.equal(centre_crop(x_NHWC, torch.tensor([1]), 10), x_NHWC[1:2])


def test_resized_crop_is_a_part_of_the_image_and_may_be_mirrored() -> None:
    """On an image that holds its own coordinates, a crop is linear in both directions and tells where it lies."""
    position_S = (2 * torch.arange(92) + 1) / 92 - 1
    y_HW, x_HW = torch.meshgrid(position_S, position_S, indexing="ij")
    image_CHW = torch.stack((x_HW, y_HW, x_HW * 0))
    crop_BCHW = resized_crop(image_CHW.expand(2000, -1, -1, -1), draw_resized(2000, 80, _seeded()))
    assert crop_BCHW.is_contiguous(memory_format=torch.channels_last)
    assert crop_BCHW.shape == (2000, 3, 80, 80)
    assert crop_BCHW.abs().max() <= 1
    slope_B = (crop_BCHW[:, 0, 40, 60] - crop_BCHW[:, 0, 40, 20]) / 40 * 80 / 2  # width of the crop, 0 to 1, signed
    height_B = (crop_BCHW[:, 1, 60, 40] - crop_BCHW[:, 1, 20, 40]) / 40 * 80 / 2
    assert (slope_B < 0).float().mean() == pytest.approx(0.5, abs=0.045)  # 4 standard deviations
    area_B, ratio_B = slope_B.abs() * height_B, slope_B.abs() / height_B
    assert 0.33 <= area_B.min() <= 0.37  # a crop that would be wider than the image is cut to its width
    assert 0.95 <= area_B.max() <= 1.001
    assert 0.745 <= ratio_B.min() <= 0.78
    assert 1.28 <= ratio_B.max() <= 1.34
    assert (height_B > 0.5).all()


def test_resized_crop_of_a_mirrored_image_mirrors() -> None:
    x_BCHW = torch.rand(6, 3, 92, 92, generator=_seeded(1))
    y_BCHW = resized_crop(x_BCHW, draw_resized(6, 80, _seeded()))
    assert torch.equal(y_BCHW, resized_crop(x_BCHW, draw_resized(6, 80, _seeded())))
    assert not torch.equal(y_BCHW, resized_crop(x_BCHW, draw_resized(6, 80, _seeded(2))))
    assert x_BCHW.min() <= y_BCHW.min()
    assert y_BCHW.max() <= x_BCHW.max()
