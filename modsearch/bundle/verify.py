"""Verification: whether a bundle is what was exported, byte by byte and logit by logit."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from modsearch.bundle.config import Config, read_config
from modsearch.bundle.export import STORED, OnStep
from modsearch.bundle.load import load_model
from modsearch.bundle.manifest import check_files, read_manifest
from modsearch.bundle.parity import Expected, Parity, expected
from modsearch.bundle.runner import runners
from modsearch.bundle.source import checked_images
from modsearch.images import load_split
from modsearch.message import must_be
from modsearch.space import Fidelity, ImageFolder


@dataclass(frozen=True)
class Verification:
    """What a look at a bundle found.

    Attributes:
        stored: each file against the stored images and their stored logits.
        files: each file against the network, on more images; empty without data.
    """

    stored: tuple[Parity, ...]
    files: tuple[Parity, ...]

    @property
    def faults(self) -> list[str]:
        """What does not hold, in words."""
        return [parity.describe() for parity in (*self.stored, *self.files) if not parity.holds]


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
    given = None if data is None else _images(data, config)
    own = None if given is None else expected(load_model(folder), given, config)
    on_stored, on_data = [], []
    for runner in runners(folder):
        on_step(f"checking {runner.file} in {runner.runtime}")
        on_stored.append(runner.compared(pixels_NHWC, config, wanted))
        if given is not None and own is not None:
            on_data.append(runner.compared(given, config, own))
    return Verification(tuple(on_stored), tuple(on_data))


def _images(data: Path, config: Config) -> Tensor:
    """At most 2,000 images of a folder, uint8 (N, size, size, 3); ValueError where its classes are others."""
    fidelity = Fidelity(image_size=config.image_size, epochs=1)
    split = load_split(ImageFolder(path=data), fidelity, 0)
    if split.class_names != config.class_names:
        rule = f"a folder of the {len(config.class_names)} classes of the bundle"
        raise ValueError(must_be("--data", rule, ", ".join(split.class_names)))
    return checked_images(split, config.image_size)[0]
