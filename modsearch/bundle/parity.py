"""Parity: whether a file gives the logits of the network that it was made of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from modsearch.bundle.config import Config
from modsearch.models.blocks.mod import MoDBlock

Run = Callable[[Tensor], Tensor]
"""Images (B, 3, H, W) in float32 -> logits (B, num_classes)."""

CLOSE = 1e-5
"""Two scores that lie less far apart may change places in another runtime: its sums are rounded otherwise."""
TOLERANCE = 1e-4
"""How far logits may lie apart, as a fraction of the largest."""
_BATCH = 100


@dataclass(frozen=True)
class Parity:
    """One file held against the network.

    Attributes:
        file: its name.
        runtime: what ran it.
        num_images: how many images were compared.
        num_close: those of them where two scores of channels or of classes lie within 1e-5, which prove nothing. Equal
            scores of channels are none such: the lower index wins everywhere.
        num_other: others with another class.
        difference: the largest difference of two logits of these others, as a fraction of the largest logit.
    """

    file: str
    runtime: str
    num_images: int
    num_close: int
    num_other: int
    difference: float

    @property
    def holds(self) -> bool:
        """Whether it is the same network."""
        return self.num_other == 0 and self.difference <= TOLERANCE and self.num_close < self.num_images

    def describe(self) -> str:
        """One line."""
        close = f", {self.num_close} too close to tell" if self.num_close else ""
        same = f"{self.num_images - self.num_close - self.num_other} of {self.num_images} images agree{close}"
        return f"{self.file} in {self.runtime}: {same}, logits within {self.difference:.1e} of the largest"


@dataclass(frozen=True, eq=False)
class Expected:
    """What the network itself gives.

    Attributes:
        logits_NK: for all images.
        is_close_N: where two scores lie so close that another runtime may take the other one.
    """

    logits_NK: Tensor  # noqa: N815
    is_close_N: Tensor  # noqa: N815


def normalised(pixels_NHWC: Tensor, config: Config) -> Tensor:
    """uint8 (N, H, W, 3) -> what the network is fed with, float32 (N, 3, H, W), contiguous."""
    mean_C, std_C = torch.tensor(config.mean), torch.tensor(config.std)
    return ((pixels_NHWC.float() / 255 - mean_C) / std_C).permute(0, 3, 1, 2).contiguous()


def expected(model: nn.Module, pixels_NHWC: Tensor, config: Config) -> Expected:
    """The logits of the network, and the images for which they prove nothing about another runtime."""
    with _gaps(model) as gaps:
        logits_NK = run_all(model, pixels_NHWC, config)
    top_N2 = logits_NK.topk(2, dim=1).values
    is_close_N = top_N2[:, 0] - top_N2[:, 1] < CLOSE
    for block in gaps:
        gap_N = torch.cat(block)
        is_close_N |= (gap_N > 0) & (gap_N < CLOSE)
    return Expected(logits_NK, is_close_N)


def compare(name: str, runtime: str, logits_NK: Tensor, wanted: Expected) -> Parity:
    """Hold the logits of a file against those of the network."""
    sure_N = ~wanted.is_close_N
    other_N = (logits_NK.argmax(1) != wanted.logits_NK.argmax(1)) & sure_N
    largest = float(wanted.logits_NK.abs().max())
    apart_N = (logits_NK - wanted.logits_NK).abs().amax(1)[sure_N]
    return Parity(
        file=name,
        runtime=runtime,
        num_images=len(logits_NK),
        num_close=int(wanted.is_close_N.sum()),
        num_other=int(other_N.sum()),
        difference=float(apart_N.max()) / largest if len(apart_N) and largest else 0.0,
    )


def run_all(run: Run, pixels_NHWC: Tensor, config: Config) -> Tensor:
    """The logits of all images, batch by batch."""
    with torch.inference_mode():
        parts = [run(normalised(part, config)).clone() for part in torch.split(pixels_NHWC, _BATCH)]
    return torch.cat(parts)


@contextmanager
def _gaps(model: nn.Module) -> Iterator[list[list[Tensor]]]:
    """Listen to each block that selects: how far the last selected score lies above the first that is not."""
    found: list[list[Tensor]] = []
    handles = []
    for block in model.modules():
        if isinstance(block, MoDBlock) and block.top is not None and block.selector is not None:
            found.append([])
            handles.append(block.selector.register_forward_hook(_listener(found[-1], block.k)))
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _listener(gaps: list[Tensor], k: int) -> Any:
    def listen(_module: nn.Module, _given: object, score_BC: Tensor) -> None:
        around_B2 = score_BC.topk(k + 1, dim=1).values[:, -2:]
        gaps.append(around_B2[:, 0] - around_B2[:, 1])

    return listen
