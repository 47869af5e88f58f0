"""Every format of Pillow's registry that can be written is read back from a folder under each of its endings."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modsearch.images import count_images, load_split
from modsearch.images.file_format import formats, suffixes
from modsearch.images.image_folder import list_image_folder
from modsearch.record import name_left_out
from modsearch.space import Fidelity, ImageFolder
from tests.images.conftest import MakeImages

_MODES = {"FITS": "L", "MSP": "1", "XBM": "1", ".pfm": "F", ".pbm": "1", "BLP": "P"}
Image.init()
WRITTEN = [suffix for suffix in suffixes() if Image.registered_extensions()[suffix] in Image.SAVE]


def _write(file: Path) -> None:
    name = Image.registered_extensions()[file.suffix]
    x_HWC = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    mode = _MODES.get(file.suffix, _MODES.get(name, "RGB"))
    options = {"pixel_format": "DXT1"} if name == "DDS" else {}
    Image.fromarray(x_HWC).convert(mode).save(file, **options)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [suffix for suffix in WRITTEN if suffix != ".pfm"])  # numbers without a range
def test_what_pillow_reads_is_read(suffix: str, tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(2):
            _write(tmp_path / name / f"{number}{suffix}")
    split = load_split(ImageFolder(path=tmp_path), Fidelity(image_size=8, epochs=1), 0)
    assert (len(split.train), len(split.validation), split.left_out) == (2, 2, {})


@pytest.mark.parametrize("suffix", [".jpg", ".jfif", ".jpe", ".mpo", ".png", ".webp", ".tga", ".jp2", ".pbm"])
def test_known_endings_are_among_them(suffix: str) -> None:
    assert suffix in suffixes()


@pytest.mark.parametrize("suffix", [".eps", ".ps", ".pdf", ".mpg", ".h5", ".wmf", ".txt", ".heic"])
def test_programs_and_what_holds_no_picture_are_not(suffix: str) -> None:
    assert suffix not in suffixes()


def test_a_program_is_not_opened_under_another_name() -> None:
    assert "EPS" not in formats()


def test_what_is_left_out_is_counted(tmp_path: Path, make_images: MakeImages) -> None:
    for name in ("cat", "dog"):
        make_images(tmp_path / name, 2)
        for file in ("a.heic", "in/b.HEIC", "notes.txt", "README", "Thumbs.db", ".hidden"):
            (tmp_path / name / "in").mkdir(exist_ok=True)
            (tmp_path / name / file).touch()
    (tmp_path / "labels.csv").touch()
    expected = {".heic": 4, ".txt": 2, "without an ending": 2, ".db": 2, ".csv": 1}
    data, fidelity = ImageFolder(path=tmp_path), Fidelity(image_size=8, epochs=1)
    assert list_image_folder(tmp_path).left_out == expected
    assert count_images(data, fidelity).left_out == load_split(data, fidelity, 0).left_out == expected


def test_a_folder_without_images_says_what_it_holds(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.heic").touch()
    with pytest.raises(ValueError, match=r"must be a folder with images, .* instead\. It holds 2 \.heic\.$"):
        list_image_folder(tmp_path)


def test_of_many_endings_the_rarest_are_not_named() -> None:
    assert name_left_out({f".{letter}": 9 - number for number, letter in enumerate("abcdefg")}) == (
        "9 .a, 8 .b, 7 .c, 6 .d, 5 .e, 7 others"
    )
