"""Stored weights: all of them fit, or one line says where not."""

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from modsearch.architecture import MoD
from modsearch.models import load_weights
from tests.models.tiny import build_tiny, images, tiny

NETWORK = tiny("resnet_basic", MoD(c=4, reduction=2))
INNER = "stages.1.1.inner.branch.0.0.weight"


def test_they_are_all_that_a_network_needs() -> None:
    source, target = (build_tiny(NETWORK, seed).eval() for seed in (0, 1))
    load_weights(target, source.state_dict())
    assert torch.equal(source(images(2)), target(images(2)))


def other_shape(weights: dict[str, Tensor]) -> None:
    weights[INNER] = torch.zeros(3, 4, 3, 3)


def without_one(weights: dict[str, Tensor]) -> None:
    del weights[INNER]


def with_one_more(weights: dict[str, Tensor]) -> None:
    weights["stages.1.2.branch.0.0.weight"] = torch.zeros(1)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            other_shape,
            "stages[1][1].inner.branch.0.0.weight must be of shape (4, 4, 3, 3). Got (3, 4, 3, 3) instead.",
        ),
        (without_one, "stages[1][1].inner.branch.0.0.weight must be given: the weights are of another network."),
        (with_one_more, "stages[1][2].branch.0.0.weight has no place in the network: the weights are of another one."),
    ],
)
def test_weights_of_another_network_are_refused(damage: Callable[[dict[str, Tensor]], None], message: str) -> None:
    model = build_tiny(NETWORK)
    weights = dict(build_tiny(NETWORK, seed=1).state_dict())
    damage(weights)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        load_weights(model, weights)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
