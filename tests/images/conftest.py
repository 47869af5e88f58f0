"""Images that the tests make for themselves, in a cache folder of their own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MakeImages = Callable[..., list[Path]]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MODSEARCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def make_images() -> MakeImages:
    """Writes ``number`` random images (width, height) into a folder."""

    def make(folder: Path, number: int, size: tuple[int, int] = (8, 8), suffix: str = "png") -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        generator = np.random.default_rng(len(str(folder)) + sum(folder.name.encode()))
        files = [folder / f"{index:03}.{suffix}" for index in range(number)]
        for file in files:
            Image.fromarray(generator.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).save(file)
        return files

    return make


@pytest.fixture
def folder(tmp_path: Path, make_images: MakeImages) -> Path:
    """20 cats, 30 dogs and 10 owls, 8x8, in ``train``; a val and a test part that cannot be read."""
    root = tmp_path / "animals"
    for name, number in (("dog", 30), ("cat", 20), ("owl", 10)):
        make_images(root / "train" / name, number)
    poison(root)
    return root


def poison(root: Path) -> None:
    """Parts that no search may read, with broken images in them, and a class that is not in the training part."""
    for part in ("val", "test", "validation"):
        for class_name in ("cat", "zebra"):
            (root / part / class_name).mkdir(parents=True)
            (root / part / class_name / "broken.png").write_bytes(b"not an image")
