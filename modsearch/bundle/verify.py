"""Verification: whether a bundle is what was exported, byte by byte and logit by logit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from modsearch.bundle.check import REDUCED, is_same, replayed
from modsearch.bundle.config import Config, read_config
from modsearch.bundle.export import STORED, OnStep
from modsearch.bundle.load import load_model
from modsearch.bundle.manifest import check_files, read_manifest
from modsearch.bundle.parity import Expected, Parity, expected
from modsearch.bundle.runner import onnx_runners, runners
from modsearch.bundle.source import checked_images
from modsearch.images import load_split
from modsearch.message import must_be
from modsearch.space import Fidelity, ImageFolder


@dataclass(frozen=True)
class Replay:
    """A file in fewer bits held against the logits that it gave where it was exported; see ``check.replayed``.

    Attributes:
        file: its name.
        runtime: what ran it.
        num_clear: images whose class is clear.
        num_other: those of them with another class.
        difference: of an image's logits, the median over all images.
    """

    file: str
    runtime: str
    num_clear: int
    num_other: int
    difference: float

    @property
    def holds(self) -> bool:
        """Whether it is the same network."""
        return is_same(self.num_clear, self.num_other, self.difference)

    def describe(self) -> str:
        """One line."""
        same = f"{self.num_clear - self.num_other} of {self.num_clear} clear images agree"
        return f"{self.file} in {self.runtime}: {same}, most logits within {self.difference:.1e} of the largest"


@dataclass(frozen=True)
class Verification:
    """What a look at a bundle found.

    Attributes:
        stored: each file against the stored images and their stored logits.
        reduced: each file in fewer bits against its own stored logits.
        files: each file against the network, on more images; empty without data.
    """

    stored: tuple[Parity, ...]
    files: tuple[Parity, ...]
    reduced: tuple[Replay, ...] = ()

    @property
    def faults(self) -> list[str]:
        """What does not hold, in words."""
        return [found.describe() for found in self.findings if not found.holds]

    @property
    def findings(self) -> list[Parity | Replay]:
        """All of them."""
        return [*self.stored, *self.reduced, *self.files]


def verify_bundle(folder: Path, data: Path | None = None, on_step: OnStep = lambda _: None) -> Verification:
    """Compare every file with its hash, and every network with the stored logits; with data on these images too.

    ``model.pt2`` is compared by its hash alone: torch may unpickle what such a file holds.

    Args:
        folder: a bundle.
        data: a folder of images of the same classes.
        on_step: is told what is being done.

    Raises:
        ValueError: the folder is no bundle, or the data are of other classes.
        Damaged: a file was changed or is missing; it is named.
        RuntimeError: a file cannot be run.
    """
    on_step("comparing hashes")
    check_files(folder, read_manifest(folder))
    config = read_config(folder)
    with np.load(folder / STORED, allow_pickle=False) as stored:
        pixels_NHWC = torch.from_numpy(stored["pixels"])
        wanted = Expected(torch.from_numpy(stored["logits"]), torch.from_numpy(stored["is_close"]))
        fewer = {name: stored[name] for name in REDUCED if name in stored.files}
    given = None if data is None else _images(data, config)
    own = None if given is None else expected(load_model(folder), given, config)
    on_stored, on_data = [], []
    for runner in runners(folder):
        on_step(f"checking {runner.file} in {runner.runtime}")
        on_stored.append(runner.compared(pixels_NHWC, config, wanted))
        if given is not None and own is not None:
            on_data.append(runner.compared(given, config, own))
    return Verification(tuple(on_stored), tuple(on_data), tuple(_replays(folder, pixels_NHWC, fewer, on_step)))


def _replays(folder: Path, pixels_NHWC: Tensor, stored: Mapping[str, Any], on_step: OnStep) -> Iterator[Replay]:
    """The files in fewer bits, in each runtime that is installed here."""
    config = read_config(folder)
    for name, wanted_NK in stored.items():
        for runner in onnx_runners(folder / REDUCED[name]):
            on_step(f"checking {runner.file} in {runner.runtime}")
            found_NK = runner.logits(pixels_NHWC, config).numpy()
            yield Replay(runner.file, runner.runtime, *replayed(found_NK, wanted_NK))


def _images(data: Path, config: Config) -> Tensor:
    """At most 2,000 images of a folder, uint8 (N, size, size, 3); ValueError where its classes are others."""
    fidelity = Fidelity(image_size=config.image_size, epochs=1)
    split = load_split(ImageFolder(path=data), fidelity, 0)
    if split.class_names != config.class_names:
        rule = f"a folder of the {len(config.class_names)} classes of the bundle"
        raise ValueError(must_be("--data", rule, ", ".join(split.class_names)))
    return checked_images(split, config.image_size)[0]
