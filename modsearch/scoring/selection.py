"""Which channels a trained network picks: its stored weights are run over the study's validation images."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from modsearch.architecture import Architecture
from modsearch.images import Batches, OnProgress, load_split
from modsearch.models import build, load_weights
from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.device import pinned_threads, torch_device
from modsearch.models.weights import read_weights
from modsearch.record import BlockPicks, NetworkPicks, Selectivity
from modsearch.space import StudySpec
from modsearch.training.loop import classify
from modsearch.training.proxy import CURVE_IMAGES
from modsearch.training.seed import derive_seed


class SelectionProbe:
    """A trained network, and the validation images on which its accuracy was measured; the test part is not read.

    Args:
        spec: the study.
        architecture: one of its networks.
        weights: what the study stored of it, first replicate.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        on_progress: called with images done and in all while they are decoded.

    Raises:
        ValueError: the weights are missing, broken or of another network, the data are not there, or no such device.
    """

    def __init__(
        self,
        spec: StudySpec,
        architecture: Architecture,
        weights: Path,
        device: str,
        on_progress: OnProgress | None = None,
    ) -> None:
        fidelity = spec.fidelity
        self.device = torch_device(device)
        self.fidelity = fidelity
        self.architecture = architecture.with_width(fidelity.width) if fidelity.is_smoke_test else architecture
        stored = read_weights(weights)
        split = load_split(spec.data, fidelity, derive_seed(spec.seed, 0, "split"), on_progress)
        self.class_names = split.class_names
        with torch.random.fork_rng(devices=[]):
            self.model = build(self.architecture, len(self.class_names), fidelity.image_size)
        try:
            load_weights(self.model, stored)
        except ValueError as error:
            raise ValueError(f"{str(weights)!r}: {error}") from None
        self.batches = Batches(split, fidelity, self.device, seed=0)

    def run(self, max_images: int | None = None, on_progress: OnProgress | None = None) -> NetworkPicks:
        """Classify the validation images, or every so many-th so that there are at most ``max_images``.

        Each image is seen as in the study: in the middle crop, at the fidelity's size. On the CPU the same weights and
        threads give the same picks. ``on_progress`` is called with images done and in all.
        """
        num_images = self.batches.num_validation
        stride = math.ceil(num_images / min(max_images or num_images, num_images))
        num_images = math.ceil(num_images / stride)
        model, cuda = self.model.to(self.device).eval(), self.device.type == "cuda"
        labels: list[Tensor] = []
        num_right = num_done = 0
        with (
            pinned_threads(self.fidelity.threads),
            _recording(model) as seen,
            torch.inference_mode(),
            torch.autocast(self.device.type, torch.bfloat16, enabled=cuda),
        ):
            for x_BCHW, label_B in self.batches.validation_batches(stride):
                num_right += int((model(x_BCHW).argmax(dim=1) == label_B).sum())
                labels.append(label_B.cpu())
                num_done += len(label_B)
                if on_progress is not None:
                    on_progress(num_done, num_images)
        blocks = tuple(recording.joined() for recording in seen)
        label_N = torch.cat(labels).numpy()
        return NetworkPicks(self.architecture, label_N, self.class_names, num_right / num_images, blocks)


def selectivity(model: nn.Module, batches: Batches, stride: int | None = None) -> tuple[Selectivity, ...]:
    """Of each block of a trained network that chooses channels by the image.

    Args:
        model: the network.
        batches: whose validation images are looked at.
        stride: every so many-th of them; about a thousand if not given.
    """
    with _recording(model) as seen:
        if seen:
            classify(model, batches, stride or max(1, batches.num_validation // CURVE_IMAGES))
    return tuple(recording.joined().selectivity() for recording in seen)


@dataclass(frozen=True)
class _Seen:
    """What one block's selector has chosen so far: batches of (B, C) and (B,)."""

    stage: int
    index: int
    picked: list[Tensor]
    is_tied: list[Tensor]

    def add(self, logits_BC: Tensor, top: nn.Module) -> None:
        """Note the channels of each image that the block takes."""
        top_Bk = top(logits_BC)
        self.picked.append(torch.zeros_like(logits_BC, dtype=torch.bool).scatter_(1, top_Bk, True).cpu())
        around_B2 = logits_BC.topk(top_Bk.shape[1] + 1, dim=1).values[:, -2:]
        self.is_tied.append((around_B2[:, 0] == around_B2[:, 1]).cpu())

    def joined(self) -> BlockPicks:
        """All batches as one record."""
        return BlockPicks(self.stage, self.index, torch.cat(self.picked).numpy(), torch.cat(self.is_tied).numpy())


@contextmanager
def _recording(model: nn.Module) -> Iterator[list[_Seen]]:
    """Listen to the selectors of all blocks that select something, for as long as the context lasts."""
    seen, handles = [], []
    stages: Any = model.stages
    for stage, blocks in enumerate(stages):
        for index, block in enumerate(blocks):
            if isinstance(block, MoDBlock) and block.top is not None and block.selector is not None:
                recording = _Seen(stage, index, [], [])
                handles.append(block.selector.register_forward_hook(_listener(recording, block.top)))
                seen.append(recording)
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _listener(seen: _Seen, top: nn.Module) -> Any:
    return lambda _, __, logits_BC: seen.add(logits_BC, top)
