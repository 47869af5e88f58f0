"""Counts of published networks, each made once for all golden tests."""

from collections.abc import Callable
from functools import cache

import pytest
import torch

from modsearch.architecture import preset
from modsearch.models import build
from modsearch.scoring import Count, count
from modsearch.scoring.environment import pinned_threads

CountPreset = Callable[[str], Count]


@cache
def _count(name: str) -> Count:
    found = preset(name)
    with torch.device("meta"):  # weights are not drawn: only their shapes matter
        model = build(found.architecture, found.num_classes, found.image_size)
    with pinned_threads(1):  # on a busy machine two threads wait for each other
        return count(model.to_empty(device="cpu"), found.image_size)


@pytest.fixture(scope="session")
def count_preset() -> CountPreset:
    return _count
