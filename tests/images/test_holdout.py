"""The images that are left alone until the end: which they are, that they stay, and that nobody reads them."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from modsearch.images import count_images, load_split
from modsearch.images.cache import content_hashes
from modsearch.images.decode import decode_one
from modsearch.images.holdout import content_places, hold_out
from modsearch.images.image_folder import walk_image_folder
from modsearch.images.picture import FilePicture, Picture
from modsearch.images.source import list_classes
from modsearch.space import Fidelity, ImageFolder
from tests.images.conftest import MakeImages

FIDELITY = Fidelity(image_size=8, epochs=1)
SHARE = 0.3


@pytest.fixture
def animals(tmp_path: Path, make_images: MakeImages) -> Path:
    """40 cats and 50 dogs."""
    make_images(tmp_path / "animals" / "cat", 40)
    make_images(tmp_path / "animals" / "dog", 50)
    return tmp_path / "animals"


def place(file: Path) -> float:
    """Where an image lies from 0 to 1."""
    return int.from_bytes(hashlib.sha256(file.read_bytes()).digest()[:8]) / 2**64


def kept(root: Path, share: float = SHARE) -> set[str]:
    return {
        picture.name for own in list_classes(ImageFolder(path=root, holdout=share)).classes.values() for picture in own
    }


def test_an_image_is_held_out_by_its_content(animals: Path) -> None:
    expected = {file.relative_to(animals).as_posix() for file in animals.glob("*/*") if place(file) >= SHARE}
    assert kept(animals) == expected
    assert 0.5 < len(expected) / 90 < 0.9
    assert list_classes(ImageFolder(path=animals, holdout=SHARE)).num_held_out == 90 - len(expected)
    assert len(kept(animals, 0.0)) == 90


def test_it_stays_when_images_come_and_are_renamed(animals: Path, make_images: MakeImages) -> None:
    before = kept(animals)
    make_images(animals / "owl", 40)
    (animals / "cat" / "000.png").rename(animals / "cat" / "zzz.png")
    renamed = {name.replace("cat/000", "cat/zzz") for name in before}
    assert {name for name in kept(animals) if not name.startswith("owl")} == renamed


def test_a_copy_lies_on_the_same_side(animals: Path) -> None:
    for file in list(animals.glob("cat/*")):
        shutil.copy(file, animals / "dog" / f"copy_{file.name}")
    names = kept(animals)
    assert {name.replace("dog/copy_", "cat/") for name in names if "copy" in name} == {
        name for name in names if name.startswith("cat/")
    }


def test_no_search_decodes_one(animals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: set[str] = set()

    def spy(picture: Picture, size: int) -> object:
        opened.add(picture.name)
        return decode_one(picture, size)

    monkeypatch.setattr("modsearch.images.decode.decode_one", spy)
    data = ImageFolder(path=animals, holdout=SHARE)
    split = load_split(data, FIDELITY, 0)
    assert opened == kept(animals)
    assert len(split.train) + len(split.validation) == len(opened)
    assert split.num_held_out == 90 - len(opened)
    counted = count_images(data, FIDELITY)
    assert (counted.train, counted.validation, counted.held_out) == (
        len(split.train),
        len(split.validation),
        split.num_held_out,
    )


def test_another_share_is_another_split(animals: Path) -> None:
    hashes = {
        load_split(ImageFolder(path=animals, holdout=share), FIDELITY, 0).content_hash for share in (0.0, 0.2, 0.4)
    }
    assert len(hashes) == 3


def test_files_are_hashed_once(animals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [FilePicture(animals, f"cat/{number:03}.png") for number in range(40)]
    first = content_hashes(pictures)
    assert first == [hashlib.sha256(picture.file.read_bytes()).hexdigest() for picture in pictures]
    monkeypatch.setattr(FilePicture, "content", lambda picture: pytest.fail("it was read again"))
    assert content_hashes(pictures) == first


def test_a_damaged_note_is_not_believed(animals: Path, cache: Path) -> None:
    before = kept(animals)
    notes = list(cache.glob("images/*.hashes"))
    assert len(notes) == 2  # one a class
    for note in notes:
        note.write_text("0\n" * 90)
    assert kept(animals) == before


def test_a_class_that_changes_meanwhile_is_named(animals: Path) -> None:
    walk, places = walk_image_folder(animals), content_places(walk_image_folder(animals))
    (animals / "dog" / "000.png").rename(animals / "dog" / "zzz.png")  # as many as before, in another order
    rest = hold_out(walk, places, SHARE)
    with pytest.raises(ValueError, match=r"class 'dog' must be left as it is while it is read\. Got 'other images'"):
        rest.listing()


@pytest.mark.parametrize("part", ["val", "Test", "validation"])
def test_a_folder_that_has_such_a_part_needs_no_other(animals: Path, make_images: MakeImages, part: str) -> None:
    make_images(animals / part / "cat", 2)
    told = rf"data\.holdout must be left out: the folder has a part that no search reads, {part!r}. Got 0.3 instead"
    with pytest.raises(ValueError, match=told):
        kept(animals)


def test_a_class_that_would_be_empty_is_named_with_what_would_do(animals: Path, tmp_path: Path) -> None:
    least = max(min(map(place, (animals / name).iterdir())) for name in ("cat", "dog"))
    most = min(sorted(map(place, (animals / name).iterdir()))[-2] for name in ("cat", "dog"))
    with pytest.raises(ValueError, match=r"at least 0\.\d+: below it no image of class '(cat|dog)' is held out") as low:
        kept(animals, 0.0001)
    with pytest.raises(ValueError, match=r"at most 0\.\d+: above it fewer than 2 images of class '(cat|dog)'") as high:
        kept(animals, 0.9999)
    bounds = [float(re.search(r"at (?:least|most) (0\.\d+)", str(error.value))[1]) for error in (low, high)]  # type: ignore[index]
    assert least < bounds[0] < least + 2e-4
    assert most - 2e-4 < bounds[1] <= most
    assert kept(animals, bounds[0]) != kept(animals, 0.0)
    assert kept(animals, bounds[1])


def test_classes_that_are_too_small(tmp_path: Path, make_images: MakeImages) -> None:
    make_images(tmp_path / "few" / "cat", 2)
    make_images(tmp_path / "few" / "dog", 9)
    with pytest.raises(
        ValueError, match=r"data: class 'cat' must be of at least 3 images where some are held out. Got 2"
    ):
        kept(tmp_path / "few")


def test_classes_for_which_no_share_will_do(tmp_path: Path) -> None:
    for number, content in enumerate(
        sorted((b"%d" % index for index in range(30)), key=lambda x: hashlib.sha256(x).digest())
    ):
        folder = tmp_path / "odd" / ("low" if number < 15 else "high")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"data\.holdout must be left out: classes 'high' and 'low' have too few images"
    ):
        kept(tmp_path / "odd", 0.5)
