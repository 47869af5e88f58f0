"""Image folders as they are found: what works, and what is refused in one line that names the file."""

import errno
import os
import re
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modsearch.cli import run
from modsearch.images import Split, load_split
from modsearch.images.image_folder import list_image_folder, walk_image_folder
from modsearch.images.picture import FilePicture
from modsearch.space import Fidelity, ImageFolder
from tests.cli.test_command import write
from tests.images.conftest import MakeImages


@pytest.fixture
def data(tmp_path: Path, make_images: MakeImages) -> Path:
    """Three cats and three dogs."""
    for name in ("cat", "dog"):
        make_images(tmp_path / "data" / name, 3)
    return tmp_path / "data"


def load(data: Path) -> Split:
    return load_split(ImageFolder(path=data), Fidelity(image_size=8, epochs=1), 0)


def bomb(file: Path) -> None:
    """A PNG whose header promises 60,000 x 60,000 pixels."""
    header, pixels = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0), zlib.compress(bytes(100))
    parts = [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")]
    chunks = [struct.pack(">I", len(x)) + name + x + struct.pack(">I", zlib.crc32(name + x)) for name, x in parts]
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def cut(file: Path) -> None:
    Image.effect_noise((64, 64), 50).save(file, "JPEG")
    file.write_bytes(file.read_bytes()[:700])


BROKEN: dict[str, tuple[str, Callable[[Path], object]]] = {
    "text": ("bad.jpg", lambda file: file.write_text("no image")),
    "cut off": ("bad.jpg", cut),
    "empty": ("bad.png", lambda file: file.write_bytes(b"")),
    "bomb": ("bad.png", bomb),
    "no pixels": ("bad.ppm", lambda file: file.write_bytes(b"P6\n0 0\n255\n")),
    "script": ("bad.png", lambda file: file.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")),
    "pipe": ("bad.png", os.mkfifo),
    "device": ("bad.png", lambda file: file.symlink_to("/dev/zero")),
    "broken link": ("bad.png", lambda file: file.symlink_to("/no/where.png")),
    "link to itself": ("bad.png", lambda file: file.symlink_to(file)),
    "newline": ("b\nad.png", lambda file: file.write_text("no image")),
    "no UTF-8": (os.fsdecode(b"\xff\xfe.png"), lambda file: file.write_text("no image")),
    "numbers without a range": ("bad.tif", lambda file: Image.new("F", (8, 8)).save(file)),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_image_that_cannot_be_read_is_named_in_one_line(case: str, data: Path) -> None:
    name, make = BROKEN[case]
    make(data / "cat" / name)
    with pytest.raises(ValueError, match=r"must be an image that can be read\. Got .* instead\.$") as caught:
        load(data)
    text = str(caught.value)
    assert "\n" not in text
    shown = str(data / "cat" / name)
    assert text.startswith(shown if shown.isprintable() else repr(shown))


def test_a_file_without_permission_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests may run as root, who reads everything."""

    def refuse(picture: FilePicture) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(picture.file))

    monkeypatch.setattr(FilePicture, "content", refuse)
    with pytest.raises(
        ValueError, match=r"/cat/00\d\.png must be an image .* Got PermissionError\(13, 'Permission den"
    ):
        load(data)


def test_a_folder_without_permission_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if Path(folder).name == "indoors":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return scandir(folder)

    (data / "cat/indoors").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ValueError, match=r"/cat/indoors must be a folder that can be read\. Got 'Permission denied'"):
        list_image_folder(data)


MODES = {
    "1": "png",
    "L": "png",
    "P": "png",
    "LA": "png",
    "RGBA": "webp",
    "CMYK": "jpg",
    "YCbCr": "jpg",
    "LAB": "tif",
    "RGB": "bmp",
}


@pytest.mark.parametrize("mode", MODES)
def test_images_of_any_mode_and_size_go_together(mode: str, data: Path) -> None:
    for size in ((1, 1), (1, 300), (300, 2), (33, 17)):
        Image.effect_noise(size, 50).convert("RGB").convert(mode).save(data / f"cat/{size}.{MODES[mode]}")
    assert len(load(data).train) == 6 + 2


def test_odd_files_of_sound_images_are_read(data: Path, make_images: MakeImages) -> None:
    noise = Image.effect_noise((8, 8), 50)
    noise.save(data / "cat/a.gif", save_all=True, append_images=[Image.new("L", (8, 8))])
    noise.convert("P").save(data / "cat/transparent palette.png", transparency=b"\x00\x80\xff")
    noise.save(data / "cat/really a jpeg.png", format="JPEG")
    noise.save(data / "cat/profile.png", icc_profile=b"rubbish")
    noise.save(data / "cat/broken exif.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    noise.save(data / ("cat/" + 250 * "n" + ".png"))
    noise.save(data / "cat/new\nline.png")
    noise.save(data / "cat/000.PNG")
    noise.save(os.fsdecode(os.fsencode(data) + b"/cat/\xff.png"))
    make_images(data / "dog/folder.png", 1)
    make_images(data / "Cat", 2)  # letters are such classes: A and a
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        split = load(data)
    assert split.class_names == ("Cat", "cat", "dog")
    assert len(split.train) + len(split.validation) == 2 + 3 + 9 + 4


def test_a_picture_stands_upright(data: Path) -> None:
    """Orientation 6: its first row is shown as the last column."""
    pixels_HWC = np.zeros((8, 8, 3), np.uint8)
    pixels_HWC[0] = 200
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("a", "b"):
        for number in range(2):
            (data / name).mkdir(exist_ok=True)
            Image.fromarray(pixels_HWC).save(data / name / f"{number}.png", exif=exif)
    images = load_split(ImageFolder(path=data), Fidelity(image_size=8, epochs=1, classes=2), 0).train
    assert np.array_equal(images.pixels_NHWC[0], pixels_HWC.transpose(1, 0, 2)[:, ::-1])


@pytest.mark.parametrize("suffix", ["png", "pgm", "tif"])
def test_16_bits_keep_their_high_byte(suffix: str, data: Path) -> None:
    values_HW = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    for name in ("a", "b"):
        (data / name).mkdir()
        for number in range(2):
            Image.fromarray(values_HW).save(data / name / f"{number}.{suffix}")
    images = load_split(ImageFolder(path=data), Fidelity(image_size=8, epochs=1, classes=2), 0).train
    assert np.array_equal(images.pixels_NHWC[0, :, :, 1], values_HW // 256)


def test_what_systems_leave_behind_is_no_class_and_no_image(data: Path, make_images: MakeImages) -> None:
    for name in (".ipynb_checkpoints", "__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN"):
        make_images(data / name, 1)
        make_images(data / "cat" / name, 1)
    for name in ("Thumbs.db", ".DS_Store", "desktop.ini", "._000.png"):
        (data / "cat" / name).write_text("no image")
    classes = list_image_folder(data).classes
    assert {name: len(pictures) for name, pictures in classes.items()} == {"cat": 3, "dog": 3}


def test_parts_are_told_apart_in_any_case(data: Path, make_images: MakeImages) -> None:
    for name in ("Val", "TEST"):
        make_images(data / name, 3)
    assert list(list_image_folder(data).classes) == ["cat", "dog"]
    make_images(data / "Train/owl", 1)
    make_images(data / "Train/elk", 1)
    assert list(list_image_folder(data).classes) == ["elk", "owl"]


def test_parts_are_not_taken_for_classes(data: Path, make_images: MakeImages) -> None:
    for name in ("training", "valid"):
        make_images(data / "parts" / name / "cat", 3)
    with pytest.raises(ValueError, match=r"/parts must be a folder of classes, or of parts of which one is 'train'\."):
        list_image_folder(data / "parts")


@pytest.mark.parametrize("target", [".", "cat", "cat/indoors"])
def test_a_link_that_leads_back_is_named(target: str, data: Path, make_images: MakeImages) -> None:
    make_images(data / "cat/indoors", 1)
    (data / "cat/indoors/again").symlink_to(data / target)
    with pytest.raises(ValueError, match=r"/cat/indoors/again must be no link to a folder that it lies in\."):
        list_image_folder(data)


def test_a_class_is_read_when_its_turn_comes(data: Path, make_images: MakeImages) -> None:
    walk = walk_image_folder(data)
    assert walk.names == ["cat", "dog"]
    assert len(next(walk.classes)) == 3
    make_images(data / "dog", 5)
    (data / "dog/notes.txt").write_text("good dog")
    assert not walk.left_out
    assert len(next(walk.classes)) == 5
    assert walk.left_out == {".txt": 1}
    assert list(walk.classes) == []


def test_links_that_lead_elsewhere_are_followed(data: Path, tmp_path: Path, make_images: MakeImages) -> None:
    make_images(tmp_path / "elsewhere", 2)
    (data / "owl").symlink_to(tmp_path / "elsewhere")
    (data / "cat/more").symlink_to(tmp_path / "elsewhere")
    (data / "dog/one.png").symlink_to(tmp_path / "elsewhere/000.png")
    assert {name: len(pictures) for name, pictures in list_image_folder(data).classes.items()} == {
        "cat": 5,
        "dog": 4,
        "owl": 2,
    }


@pytest.mark.parametrize("link", ["owl", "cat/indoors"])
def test_a_broken_link_to_a_folder_is_named(link: str, data: Path) -> None:
    (data / link).symlink_to("/no/where")
    with pytest.raises(ValueError, match=rf"/{link} must be a link to something that exists\. Got '/no/where' instead"):
        list_image_folder(data)


def test_a_class_must_be_called_something_in_utf_8(data: Path) -> None:
    (data / "cat").rename(os.fsdecode(os.fsencode(data) + b"/\xff"))
    with pytest.raises(ValueError, match=r"a class must be a folder with a name in UTF-8\. Got '\\udcff' instead\.$"):
        list_image_folder(data)


def test_a_train_part_without_classes_is_named(data: Path) -> None:
    (data / "train").mkdir()
    with pytest.raises(
        ValueError, match=r"^data\.path .*/data/train must be a folder of at least 2 classes.* Got \[\]"
    ):
        list_image_folder(data)


def test_a_home_of_nobody_is_no_folder() -> None:
    with pytest.raises(
        ValueError, match=r"^data\.path must be a folder that exists\. Got '~nobody-at-all/x' instead\.$"
    ):
        load(Path("~nobody-at-all/x"))


def test_a_file_is_no_folder(data: Path) -> None:
    with pytest.raises(ValueError, match=r"^data\.path must be a folder that exists\. Got '.*000\.png' instead\.$"):
        list_image_folder(data / "cat/000.png")


BAD_FOLDERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda data: data.rename(data.with_name("gone")), "a folder that exists"),
    "one class": (lambda data: (data / "dog").rename(data / ".dog"), "at least 2 classes"),
    "pipe": (lambda data: os.mkfifo(data / "cat/bad.png"), "/cat/bad.png must be an image"),
    "text": (lambda data: (data / "cat/b\nad.png").write_text("no image"), "an image that can be read"),
    "too few": (lambda data: None, "fidelity.images_per_class must be at most 2, the training images of class 'cat'"),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_the_command_line_says_it_in_one_line(
    case: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, expected = BAD_FOLDERS[case]
    make(data)
    fidelity = {"image_size": 8, "epochs": 1, "threads": 1} | ({"images_per_class": 10} if case == "too few" else {})
    space = write(tmp_path / "space.yaml", fidelity=fidelity)
    assert run(["search", space, "--data", str(data), "--device", "cpu", "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert re.fullmatch(r"modsearch: .*\n", error)
    assert expected in error
    assert not (tmp_path / "run").exists()
