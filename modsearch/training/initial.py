"""The weights that a training begins with."""

from pathlib import Path

import torch
from torch import nn

from modsearch.message import must_be
from modsearch.models import build, start_from_torchvision
from modsearch.models.weights import read_weights
from modsearch.record import TrainingRequest
from modsearch.training.folder import WEIGHTS
from modsearch.training.seed import derive_seed

_HEAD, _PATH = "head.", "recipe.init"


def initial_model(request: TrainingRequest) -> nn.Module:
    """The network with random weights drawn for it by the recipe's seed, or with those that the recipe names.

    Raises:
        ValueError: the recipe names a folder without weights, or with those of another network; or torchvision has no
            network of this form.
        OSError: the weights cannot be downloaded.
    """
    recipe, architecture = request.recipe, request.architecture
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(recipe.seed, 0, architecture.id))
        model = build(architecture, len(request.class_names), recipe.size)
    if recipe.init == "torchvision":
        start_from_torchvision(model, architecture, _PATH)
    elif recipe.init != "random":
        _start_from(model, Path(recipe.init).expanduser())
    return model


def _start_from(model: nn.Module, folder: Path) -> None:
    """Take over all weights of a folder, but for those of a head for another number of classes."""
    if not folder.is_dir():
        rule = "random, torchvision or a folder with weights"
        raise ValueError(must_be(_PATH, rule, str(folder), ("random", "torchvision")))
    stored = read_weights(folder / WEIGHTS)
    for name, tensor in model.state_dict().items():
        found = stored.pop(name, None)
        if found is not None and found.shape == tensor.shape:
            tensor.copy_(found)
        elif found is None or not name.startswith(_HEAD):
            raise ValueError(must_be(_PATH, f"a folder with weights of the same network ({name})", str(folder)))
    if stored:
        rule = f"a folder with weights of the same network, without {next(iter(stored))}"
        raise ValueError(must_be(_PATH, rule, str(folder)))
