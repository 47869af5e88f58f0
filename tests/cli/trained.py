"""Trainings of a tiny network on digits, by the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.models.tiny import tiny

RECIPE = {
    "epochs": 2,
    "batch_size": 80,
    "learning_rate": 0.1,
    "schedule": {"kind": "one_cycle"},
    "augment": True,
    "image_size": 8,
    "threads": 2,
}
Write = Callable[..., list[str]]


@pytest.fixture
def arguments(tmp_path: Path) -> Write:
    """The arguments of a training of a tiny network on digits, with changes to its recipe."""

    def write(out: str = "out", network: str = "mod-learned", **changes: object) -> list[str]:
        target, recipe = tmp_path / "tiny.json", tmp_path / f"{out}.yaml"
        target.write_text(tiny("resnet_basic", network).to_json())
        recipe.write_text(yaml.safe_dump(RECIPE | changes))
        where = ["--recipe", str(recipe), "--out", str(tmp_path / out), "--device", "cpu"]
        return ["train", str(target), "--data", "digits", *where]

    return write
