"""Verification: whether a bundle is what was exported, byte by byte and logit by logit."""

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
from modsearch.bundle.runner import Runner, onnx_runners, runners
from modsearch.bundle.source import NUM_CHECKED
from modsearch.images.sample import sample, spread
from modsearch.images.split import choose
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
class SameClass:
    """A file in fewer bits beside the network, on images that were given: told, and nothing is refused for it.

    Attributes:
        file: its name.
        runtime: what ran it.
        num_images: how many images were run.
        num_same: those of them that get the class which the network gives.
        holds: there is no bar.
    """

    file: str
    runtime: str
    num_images: int
    num_same: int
    holds: bool = True

    def describe(self) -> str:
        """One line."""
        return f"{self.file} in {self.runtime}: {self.num_same} of {self.num_images} images get the network's class"


@dataclass(frozen=True)
class Verification:
    """What a look at a bundle found.

    Attributes:
        stored: each file against the stored images and their stored logits.
        reduced: each file in fewer bits against its own stored logits, and with data beside the network.
        files: each file against the network, on more images; empty without data.
    """

    stored: tuple[Parity, ...]
    files: tuple[Parity, ...]
    reduced: tuple[Replay | SameClass, ...] = ()

    @property
    def faults(self) -> list[str]:
        """What does not hold, in words."""
        return [found.describe() for found in self.findings if not found.holds]

    @property
    def findings(self) -> list[Parity | Replay | SameClass]:
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
    reduced: list[Replay | SameClass] = []
    for name, wanted_NK in fewer.items():
        for runner in onnx_runners(folder / REDUCED[name]):
            on_step(f"checking {runner.file} in {runner.runtime}")
            reduced.append(_replay(runner, pixels_NHWC, config, wanted_NK))
            if given is not None and own is not None:
                reduced.append(_same_class(runner, given, config, own))
    return Verification(tuple(on_stored), tuple(on_data), tuple(reduced))


def _replay(runner: Runner, pixels_NHWC: Tensor, config: Config, wanted_NK: Any) -> Replay:
    found_NK = runner.logits(pixels_NHWC, config).numpy()
    return Replay(runner.file, runner.runtime, *replayed(found_NK, wanted_NK))


def _same_class(runner: Runner, pixels_NHWC: Tensor, config: Config, own: Expected) -> SameClass:
    is_same_N = runner.logits(pixels_NHWC, config).argmax(1) == own.logits_NK.argmax(1)
    return SameClass(runner.file, runner.runtime, len(is_same_N), int(is_same_N.sum()))


def _images(data: Path, config: Config) -> Tensor:
    """At most 2,000 images of a folder, uint8 (N, size, size, 3); ValueError where its classes are others."""
    choice = choose(ImageFolder(path=data), Fidelity(image_size=config.image_size, epochs=1), 0)
    if choice.class_names != config.class_names:
        rule = f"a folder of the {len(config.class_names)} classes of the bundle"
        raise ValueError(must_be("--data", rule, ", ".join(choice.class_names)))
    places = spread(0, len(choice.selection.labels), NUM_CHECKED)
    return sample(choice.selection, places, config.image_size)[0]
