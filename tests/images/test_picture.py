"""Images that cannot be read are named all at once."""

import re
from pathlib import Path

import pytest

from modsearch.images import load_split
from modsearch.space import Fidelity, ImageFolder
from tests.images.conftest import MakeImages


def _load(folder: Path) -> None:
    load_split(ImageFolder(path=folder), Fidelity(image_size=8, epochs=1), 0)


def _truncate(files: list[Path]) -> None:
    for file in files:
        file.write_bytes(file.read_bytes()[:-30])


def test_all_broken_images_are_named_at_once(tmp_path: Path, make_images: MakeImages) -> None:
    cats, dogs = (make_images(tmp_path / name, 8, suffix="jpg") for name in ("cat", "dog"))
    _truncate([cats[0], cats[5], dogs[7]])
    with pytest.raises(ValueError, match="images cannot be read") as caught:
        _load(tmp_path)
    told = re.fullmatch(rf"{tmp_path}: 3 images cannot be read \((.*)\)\. (\S+) must be .*", str(caught.value))
    assert told
    assert sorted(told[1].split(", ")) == ["cat/000.jpg", "cat/005.jpg", "dog/007.jpg"]
    assert Path(told[2]) in (cats[0], cats[5], dogs[7])


def test_of_many_ten_are_named(tmp_path: Path, make_images: MakeImages) -> None:
    _truncate(make_images(tmp_path / "cat", 600, suffix="jpg"))
    make_images(tmp_path / "dog", 600)
    with pytest.raises(ValueError, match=rf"^{tmp_path}/cat: 600 images cannot be read \(.* and 590 more\)") as caught:
        _load(tmp_path)
    assert len(re.findall(r"\d{3}\.jpg[,)\s]", str(caught.value))) == 10 + 1


def test_all_broken_links_are_named_at_once(tmp_path: Path, make_images: MakeImages) -> None:
    for name in ("cat", "dog"):
        make_images(tmp_path / name, 3)
        (tmp_path / name / "gone.png").symlink_to("/no/where.png")
    with pytest.raises(ValueError, match=r": 2 images cannot be read \((cat|dog)/gone\.png, (cat|dog)/gone\.png\)"):
        _load(tmp_path)
