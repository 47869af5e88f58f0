"""What a look at a folder of images finds."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from modsearch.images import survey
from modsearch.images.holdout import content_places, hold_out
from modsearch.images.image_folder import list_image_folder, walk_image_folder
from modsearch.record import Survey
from tests.images.conftest import MakeImages

MODULE = sys.modules["modsearch.images.survey"]  # the package shows its function under that name


def test_classes_sizes_and_parts_are_found(folder: Path) -> None:
    found = survey(folder)
    assert dict(found.classes) == {"cat": 20, "dog": 30, "owl": 10}
    assert (found.num_images, found.smallest_class, found.usual_class, found.largest_class) == (60, 10, 20, 30)
    assert (found.least_side, found.usual_side, found.num_looked_at) == (8, 8, 60)
    assert found.parts == ("test", "val", "validation")
    assert (found.holdout, found.num_held_out, found.refusal) == (0, 0, "")


def test_the_shorter_sides_are_measured(tmp_path: Path, make_images: MakeImages) -> None:
    for name, size in (("a", (20, 9)), ("b", (7, 40)), ("c", (12, 12))):
        make_images(tmp_path / name, 2, size)
    found = survey(tmp_path)
    assert found.short_sides == (7, 7, 9, 9, 12, 12)
    assert (found.least_side, found.usual_side) == (7, 9)


def test_no_pixel_is_decoded(tmp_path: Path, make_images: MakeImages) -> None:
    """Files that end behind their header are enough."""
    for file in (file for name in "ab" for file in make_images(tmp_path / name, 2, (20, 10))):
        file.write_bytes(file.read_bytes()[:60])
    (tmp_path / "val").mkdir()
    assert survey(tmp_path).short_sides == (10,) * 4


def test_images_are_held_out_as_a_study_holds_them_out(tmp_path: Path, make_images: MakeImages) -> None:
    for name in ("ant", "bee"):
        make_images(tmp_path / "data" / name, 60)
    found = survey(tmp_path / "data")
    walk = walk_image_folder(tmp_path / "data")
    rest = hold_out(walk, content_places(walk_image_folder(tmp_path / "data")), 0.1).listing()
    assert found.holdout == 0.1
    assert dict(found.classes) == {name: len(pictures) for name, pictures in rest.classes.items()}
    assert found.num_images + found.num_held_out == 120
    assert found.num_looked_at == 120  # the size is the same on either side


def test_a_larger_share_is_held_out_where_a_tenth_misses_a_class(
    tmp_path: Path, make_images: MakeImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ant", "bee"):
        make_images(tmp_path / "data" / name, 4)
    places = iter([0.12, 0.5, 0.6, 0.7, 0.13, 0.5, 0.6, 0.7])
    monkeypatch.setattr(
        "modsearch.images.holdout.content_hashes",
        lambda pictures: [f"{int(next(places) * 16**16):016x}" for _ in pictures],
    )
    found = survey(tmp_path / "data")
    assert (found.holdout, found.num_held_out, found.refusal) == (0.15, 2, "")
    assert dict(found.classes) == {"ant": 3, "bee": 3}


def test_none_are_held_out_where_a_class_is_too_small_and_it_says_why(tmp_path: Path, make_images: MakeImages) -> None:
    make_images(tmp_path / "data/ant", 30)
    make_images(tmp_path / "data/bee", 2)
    found = survey(tmp_path / "data")
    assert (found.holdout, found.num_held_out) == (0, 0)
    assert found.refusal.startswith("data: class 'bee' must be of at least 3 images where some are held out.")
    assert dict(found.classes) == {"ant": 30, "bee": 2}


def test_images_that_are_looked_at_are_spread_over_the_classes(
    tmp_path: Path, make_images: MakeImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MODULE, "_MAX_LOOKED_AT", 6)
    for name, number in (("a", 10), ("b", 1), ("c", 4)):
        make_images(tmp_path / name, number)
    looked_at = MODULE._spread(list_image_folder(tmp_path))
    assert [picture.name for picture in looked_at] == ["a/000.png", "a/005.png", "b/000.png", "c/000.png", "c/002.png"]
    monkeypatch.setattr(MODULE, "_MAX_LOOKED_AT", 2)
    assert [picture.name for picture in MODULE._spread(list_image_folder(tmp_path))] == ["a/000.png", "b/000.png"]


def test_progress_is_told(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    survey(folder, lambda done, total: told.append((done, total)))
    assert told == [(done, 60) for done in range(1, 61)]


def test_what_is_no_image_is_counted(folder: Path) -> None:
    (folder / "train/cat/notes.txt").write_text("no image")
    assert dict(survey(folder).left_out) == {".txt": 1}


def test_images_that_cannot_be_read_are_all_named(folder: Path) -> None:
    (folder / "train/cat/bad.png").write_text("no image")
    os.mkfifo(folder / "train/dog/pipe.png")
    with pytest.raises(
        ValueError, match=r"/train: 2 images cannot be read \(cat/bad\.png, dog/pipe\.png\)\. .*must be an image that"
    ):
        survey(folder)


def test_a_class_without_images_is_seen(folder: Path) -> None:
    (folder / "train/zebra").mkdir()
    assert survey(folder).smallest_class == 0


def test_the_home_is_the_users(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    assert survey(Path("~/animals")).num_images == 60
    with pytest.raises(ValueError, match=r"^data\.path must be a folder that exists\. Got '~nobody-at-all/x' instead"):
        survey(Path("~nobody-at-all/x"))


def test_the_median_is_a_size_that_there_is() -> None:
    found = Survey(classes={"a": 1, "b": 4}, short_sides=(10, 20, 30, 40))
    assert (found.usual_side, found.usual_class) == (20, 1)


def test_a_picture_on_its_side_is_as_large(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (30, 12)).save(tmp_path / name / "x.jpg", exif=exif)
    assert survey(tmp_path).short_sides == (12, 12)
