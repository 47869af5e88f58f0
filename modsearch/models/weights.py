"""Weights that a network was stored with."""

import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from modsearch.message import must_be, nearest


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file.

    Raises:
        ValueError: there is none, or it cannot be read; the nearest name in its folder is told.
    """
    if not path.is_file():
        names = [file.name for file in path.parent.glob("*.safetensors")]
        raise ValueError(f"There are no weights {str(path)!r}.{nearest(path.name, names)}")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"The weights {str(path)!r} cannot be read: {error}") from None


def load_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Give a network the weights that were stored of it: all of them, and no others.

    Raises:
        ValueError: a tensor is missing, has no place or is of another shape; the message names stage and block.
    """
    own = model.state_dict()
    for name, tensor in own.items():
        if name not in weights:
            raise ValueError(f"{_path(name)} must be given: the weights are of another network.")
        if weights[name].shape != tensor.shape:
            raise ValueError(must_be(_path(name), f"of shape {tuple(tensor.shape)}", tuple(weights[name].shape)))
    unknown = next((name for name in weights if name not in own), None)
    if unknown is not None:
        raise ValueError(f"{_path(unknown)} has no place in the network: the weights are of another one.")
    model.load_state_dict(weights)


def _path(name: str) -> str:
    """``stages.1.0.inner.branch.0.0.weight`` -> ``stages[1][0].inner.branch.0.0.weight``, as architectures say it."""
    return re.sub(r"^stages\.(\d+)\.(\d+)", r"stages[\1][\2]", name)
