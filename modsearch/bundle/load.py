"""The network of a bundle, for Python."""

from pathlib import Path

import torch
from torch import nn

from modsearch.architecture import Architecture
from modsearch.bundle.config import ARCHITECTURE, read_config
from modsearch.bundle.manifest import check_files, read_manifest
from modsearch.file import read_bounded
from modsearch.models import build, load_weights
from modsearch.models.weights import read_weights

WEIGHTS = "model.safetensors"
_MAX_BYTES = 1_000_000


def load(folder: str | Path) -> nn.Module:
    """The trained network of a bundle, in evaluation mode on the CPU. Nothing is unpickled.

    It takes images (B, 3, image_size, image_size) as ``config.json`` says, and gives logits (B, num_classes).

    Raises:
        ValueError: the folder is no bundle.
        Damaged: a file of it was changed.
    """
    folder = Path(folder)
    check_files(folder, read_manifest(folder))
    return load_model(folder)


def load_model(folder: Path) -> nn.Module:
    """The same of a folder whose files were checked."""
    config = read_config(folder)
    architecture = Architecture.from_json(read_bounded(folder / ARCHITECTURE, _MAX_BYTES))
    with torch.random.fork_rng(devices=[]):
        model = build(architecture, len(config.class_names), config.image_size)
    load_weights(model, read_weights(folder / WEIGHTS))
    return model.eval()
