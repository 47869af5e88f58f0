"""Crops and flips of whole batches.

Where the crops lie is drawn on the CPU, so that every device sees the same ones, and apart from the cutting, so that
batches can be passed over.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

MIN_AREA = 0.35  # the smallest part of the image that a resized crop keeps
_RATIO = (3 / 4, 4 / 3)  # width by height of a resized crop


def centre_crop(pixels_NHWC: Tensor, index_B: Tensor, size: int) -> Tensor:
    """The middle of the images ``index_B``: uint8 (N, H, W, 3) -> uint8 (B, size, size, 3)."""
    start = (pixels_NHWC.shape[1] - size) // 2
    return pixels_NHWC.index_select(0, index_B)[:, start : start + size, start : start + size]


def draw_padded(num: int, size: int, generator: Generator) -> Tensor:
    """Which rows (0) and columns (1) of their images ``padded_crop`` takes: int64 (2, num, size).

    They are windows of the images padded by max(1, size // 16) pixels of reflection, half of them mirrored.
    """
    pad = max(1, size // 16)
    offset_2B1 = torch.randint(-pad, pad + 1, (2, num, 1), generator=generator)
    flip_B1 = torch.rand(num, 1, generator=generator) < 0.5
    row_BS, column_BS = _reflect(torch.arange(size) + offset_2B1, size)
    return torch.stack((row_BS, torch.where(flip_B1, column_BS.flip(1), column_BS)))


def padded_crop(pixels_NHWC: Tensor, index_B: Tensor, position_2BS: Tensor) -> Tensor:
    """What was drawn of the images ``index_B``: uint8 (N, S, S, 3) -> uint8 (B, S, S, 3).

    Padding, window and mirroring only choose rows and columns, so one gather takes the batch from all the images.
    """
    size = pixels_NHWC.shape[1]
    row_BS, column_BS = position_2BS.to(pixels_NHWC.device, non_blocking=True)
    place_BSS = (index_B[:, None, None] * size + row_BS[:, :, None]) * size + column_BS[:, None, :]
    return pixels_NHWC.view(-1, 3).index_select(0, place_BSS.flatten()).view(len(index_B), size, size, 3)


def draw_resized(num: int, size: int, generator: Generator) -> Tensor:
    """Where the columns (0) and rows (1) of crops lie in their images, from -1 to 1: float (2, num, size).

    They are random parts of the images, half of them mirrored, with 0.35 to 1 of the area and a ratio of 3/4 to 4/3
    (Inception's, arXiv:1409.4842, with a larger smallest area: a proxy is trained for few epochs).
    """
    area_B, ratio_B, flip_B, *shift_2B = torch.rand(5, num, generator=generator)
    area_B = MIN_AREA + (1 - MIN_AREA) * area_B
    low, high = (math.log(ratio) for ratio in _RATIO)
    root_B = torch.exp((low + (high - low) * ratio_B) / 2)
    half_2B = torch.stack((area_B.sqrt() * root_B, area_B.sqrt() / root_B)).clamp_max(1)
    centre_2B = (2 * torch.stack(shift_2B) - 1) * (1 - half_2B)
    half_2B[0] *= torch.where(flip_B < 0.5, -1, 1)
    pixel_S = (2 * torch.arange(size) + 1) / size - 1
    return centre_2B[:, :, None] + half_2B[:, :, None] * pixel_S


def resized_crop(x_BCHW: Tensor, position_2BS: Tensor) -> Tensor:
    """What ``draw_resized`` drew: float (B, C, H, W) -> float (B, C, size, size), channels last."""
    size = position_2BS.shape[2]
    position_2BS = position_2BS.to(x_BCHW.device, non_blocking=True)
    x_BSS = position_2BS[0, :, None, :].expand(-1, size, -1)
    y_BSS = position_2BS[1, :, :, None].expand(-1, -1, size)
    grid_BSS2 = torch.stack((x_BSS, y_BSS), dim=3)
    y_BCSS = F.grid_sample(x_BCHW, grid_BSS2, mode="bilinear", padding_mode="border", align_corners=False)
    return y_BCSS.contiguous(memory_format=torch.channels_last)


def _reflect(position: Tensor, size: int) -> Tensor:
    """Positions outside 0..size-1 mirrored at the first and the last pixel, which are not repeated."""
    last = size - 1
    return last - (last - position.abs()).abs()
