"""The shipped studies, and points of their spaces."""

import random
from collections.abc import Sequence
from typing import Any

import yaml

from modsearch.space import Point, Space, shipped_spaces

NAMES = sorted(shipped_spaces())


def shipped_data(name: str = "cifar10_resnet_small") -> dict[str, Any]:
    """What the YAML file says, to be changed by a test."""
    data: dict[str, Any] = yaml.safe_load(shipped_spaces()[name].read_text())
    return data


def random_points(space: Space, num_points: int) -> list[Point]:
    generator = random.Random(0)
    values: dict[str, Sequence[int | str]] = {name: parameter.values for name, parameter in space.parameters.items()}
    return [{name: generator.choice(choices) for name, choices in values.items()} for _ in range(num_points)]
