"""Counts of published networks, each made once for all golden tests."""

from collections.abc import Callable
from functools import cache

import pytest
import torch

from modsearch.architecture import preset
from modsearch.models import build
from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.device import pinned_threads
from modsearch.record import Count
from modsearch.scoring import count

CountPreset = Callable[[str], Count]


@cache
def _count(name: str) -> Count:
    found = preset(name)
    with torch.device("meta"):  # weights are not drawn: only their shapes matter
        model = build(found.architecture, found.num_classes, found.image_size)
    model.to_empty(device="cpu")
    for block in model.modules():
        if isinstance(block, MoDBlock) and block.spec.selection == "random":
            block.fixed_k = torch.arange(block.k)
    with pinned_threads(1):  # on a busy machine two threads wait for each other
        return count(model, found.image_size)


@pytest.fixture(scope="session")
def count_preset() -> CountPreset:
    return _count
