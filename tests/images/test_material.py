"""What a training reads: in memory where that will do, streamed else; the same images of the same classes."""

import gc
import hashlib
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from modsearch.images import Batches, Material, Share, load_material, load_split, material
from modsearch.images.picture import FilePicture
from modsearch.images.split import choose, choose_held_out
from modsearch.images.stream import Stream
from modsearch.space import Data, Digits, ImageFolder, Recipe
from tests.images.conftest import MakeImages

CPU = torch.device("cpu")
SCHEDULE = {"kind": "one_cycle"}


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("reader", "material"):
        monkeypatch.setattr(f"modsearch.images.{place}.num_workers", lambda: 0)


@pytest.fixture
def animals(tmp_path: Path, make_images: MakeImages) -> Path:
    """40 cats and 50 dogs."""
    make_images(tmp_path / "animals" / "cat", 40)
    make_images(tmp_path / "animals" / "dog", 50)
    return tmp_path / "animals"


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{"epochs": 1, "learning_rate": 0.1, "schedule": SCHEDULE, "image_size": 8, **changes})


def load(data: Data | Path, **changes: Any) -> Material:
    chosen = ImageFolder(path=data) if isinstance(data, Path) else data
    return load_material(chosen, recipe(**changes), CPU, (1, 2), Share())


STREAMED = {
    "nothing": ({}, False),
    "small crops": ({"min_area": 0.08}, False),
    "crops of a search": ({"image_size": 80}, False),
    "other crops": ({"image_size": 80, "min_area": 0.08}, True),
    "no crops": ({"image_size": 80, "min_area": 0.08, "augment": False}, False),
    "operations": ({"trivial_augment": True}, True),
    "operations alone": ({"trivial_augment": True, "augment": False}, True),
    "mixed by the loop": ({"mixup": 0.2, "cutmix": 1.0}, False),
}


@pytest.mark.parametrize("case", STREAMED)
def test_what_a_search_cannot_do_is_streamed(case: str, animals: Path) -> None:
    changes, expected = STREAMED[case]
    found = load(animals, **changes)
    assert found.is_streamed == expected
    assert isinstance(found.train, Stream if expected else Batches)


@pytest.mark.parametrize(("name", "expected"), [("cifar", False), ("digits", False), ("modern", True)])
def test_recipes_of_the_house(name: str, expected: bool, animals: Path) -> None:
    values = yaml.safe_load(files("modsearch.space").joinpath("recipes", f"{name}.yaml").read_text())
    size = 80 if name == "modern" else 32
    found = load_material(ImageFolder(path=animals), Recipe(**values | {"image_size": size}), CPU, (0, 0), Share())
    assert found.is_streamed == expected


def test_many_images_are_streamed(tmp_path: Path, make_images: MakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are held out count, and none is decoded to find out."""
    for name in ("cat", "dog"):
        make_images(tmp_path / "train" / name, 5)
        make_images(tmp_path / "test" / name, 1)
    num_bytes = 12 * 8 * 8 * 3
    monkeypatch.setattr(material, "MAX_IN_MEMORY", num_bytes)
    assert not load(tmp_path).is_streamed
    monkeypatch.setattr(material, "MAX_IN_MEMORY", num_bytes - 1)
    monkeypatch.setattr(material, "load_choice", lambda *_, **__: pytest.fail("it was decoded"))
    assert load(tmp_path).is_streamed


def test_both_ways_have_the_same_images(animals: Path) -> None:
    memory, streamed = load(animals, validation=0.2), load(animals, validation=0.2, trivial_augment=True)
    assert memory.class_names == streamed.class_names == ("cat", "dog")
    assert memory.num_train == streamed.num_train == 72
    assert memory.train.num_validation == streamed.train.num_validation == 18
    assert (memory.mean, memory.std) == (streamed.mean, streamed.std)
    assert memory.content_hash != streamed.content_hash
    assert memory.held_out is streamed.held_out is None
    for (x, labels), (y, labels_2) in zip(
        memory.train.validation_batches(), streamed.train.validation_batches(), strict=True
    ):
        assert torch.equal(x, y)
        assert torch.equal(labels, labels_2)


def test_in_memory_it_is_what_a_search_has(animals: Path) -> None:
    found, split = load(animals), load_split(ImageFolder(path=animals), recipe(), 1)
    assert found.content_hash == split.content_hash
    assert found.mean == tuple((split.train.mean_std[0] / 255).tolist())
    batches = Batches(split, recipe(), CPU, 2)
    for (x, labels), (y, labels_2) in zip(found.train.epoch(0), batches.epoch(0), strict=True):
        assert torch.equal(x, y)
        assert torch.equal(labels, labels_2)


@pytest.mark.parametrize("changes", [{}, {"trivial_augment": True}])
@pytest.mark.parametrize("part", ["val", "test", "holdout"])
def test_images_that_were_held_out_judge(
    part: str, changes: dict[str, Any], animals: Path, make_images: MakeImages
) -> None:
    data = ImageFolder(path=animals, holdout=0.3 if part == "holdout" else 0)
    if part != "holdout":
        for name in ("cat", "dog"):
            make_images(animals / part / name, 3)
    found = load_material(data, recipe(**changes), CPU, (1, 2), Share())
    selection = choose_held_out(data, recipe())
    assert found.held_out is not None
    assert selection is not None
    assert found.held_out.num_validation == len(selection.pictures)
    labels = torch.cat([labels_B for _, labels_B in found.held_out.validation_batches()])
    assert labels.tolist() == selection.labels


@pytest.mark.parametrize("part", ["val", "test", "holdout"])
def test_what_is_held_out_is_the_rest(part: str, animals: Path, make_images: MakeImages) -> None:
    data = ImageFolder(path=animals, holdout=0.3 if part == "holdout" else 0)
    if part == "holdout":
        expected = {
            file.relative_to(animals).as_posix()
            for file in animals.glob("*/*")
            if int.from_bytes(hashlib.sha256(file.read_bytes()).digest()[:8]) / 2**64 < 0.3
        }
    else:
        for name in ("cat", "dog"):
            make_images(animals / part / name, 3)
        expected = {f"{name}/{number:03}.png" for name in ("cat", "dog") for number in range(3)}
    selection, choice = choose_held_out(data, recipe()), choose(data, recipe(), 0)
    assert selection is not None
    assert {picture.name for picture in selection.pictures} == expected
    kept = {picture.name for picture in choice.selection.pictures}
    assert len(kept) == choice.num_held_out * -1 + 90
    assert part != "holdout" or kept.isdisjoint(expected)


def test_test_goes_before_val(animals: Path, make_images: MakeImages) -> None:
    for part in ("val", "test"):
        for name in ("cat", "dog"):
            make_images(animals / part / name, 1 if part == "val" else 2)
    selection = choose_held_out(ImageFolder(path=animals), recipe())
    assert selection is not None
    assert len(selection.pictures) == 4


def test_a_part_of_other_classes_is_refused(animals: Path, make_images: MakeImages) -> None:
    for name in ("cat", "owl"):
        make_images(animals / "val" / name, 1)
    rule = r"/val must be a folder of the same classes as the training images, cat, dog\. Got \['cat', 'owl'\] instead"
    with pytest.raises(ValueError, match=rule):
        load(animals)


def test_images_without_a_file_may_be_streamed() -> None:
    found = load(Digits(), trivial_augment=True)
    assert found.is_streamed
    assert found.held_out is None
    assert found.content_hash == load(Digits(), trivial_augment=True).content_hash
    assert sum(len(labels_B) for _, labels_B in found.train.validation_batches()) == 179


def test_of_a_stream_no_picture_is_kept(animals: Path) -> None:
    def num_pictures() -> int:
        gc.collect()
        return sum(type(each) is FilePicture for each in gc.get_objects())

    before = num_pictures()
    found = load(animals, trivial_augment=True)
    next(found.train.epoch(0))
    assert num_pictures() == before


def test_content_is_told_by_the_stamps_of_files(animals: Path) -> None:
    def key() -> str:
        return load(animals, trivial_augment=True).content_hash

    first = key()
    file = animals / "cat/000.png"
    os.utime(file, ns=(0, 12345))
    second = key()
    file.rename(animals / "cat/0.png")
    third = key()
    (animals / "cat/0.png").write_bytes((animals / "cat/001.png").read_bytes() + b"more")
    os.utime(animals / "cat/0.png", ns=(0, 12345))
    assert len({first, second, third, key()}) == 4
    assert key() == key()


def test_the_folder_itself_is_not_part_of_its_content(animals: Path) -> None:
    first = load(animals, trivial_augment=True).content_hash
    assert load(animals.rename(animals.with_name("moved")), trivial_augment=True).content_hash == first


def test_files_that_are_gone_are_named_at_once(animals: Path) -> None:
    for name in ("cat", "dog"):
        (animals / name / "gone.png").symlink_to("/no/where.png")
    with pytest.raises(ValueError, match=r": 2 images cannot be read \(cat/gone\.png, dog/gone\.png\)"):
        load(animals, trivial_augment=True, validation=0)


def test_facts_are_in_order_over_many_windows(animals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    selection = choose(ImageFolder(path=animals), recipe(), 0).selection
    expected = list(material._facts(selection.pictures))
    assert len(expected) == 90
    monkeypatch.setattr(material, "_CHUNK", 3)
    monkeypatch.setattr(material, "_WINDOW", 10)
    assert list(material._facts(selection.pictures)) == expected
