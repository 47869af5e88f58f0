import errno
import hashlib
import pickle  # noqa: TID251 - the format of CIFAR's archives
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torchvision.datasets
from torchvision.datasets import utils

from modsearch.images import load_split
from modsearch.images.source import list_classes
from modsearch.space import Cifar, Digits, Fidelity, ImageFolder
from tests.images.conftest import MakeImages, poison


def test_digits_are_8x8_grey_values_from_0_to_255() -> None:
    classes = list_classes(Digits()).classes
    assert list(classes) == [str(digit) for digit in range(10)]
    assert [len(pictures) for pictures in classes.values()] == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    x_NHWC = np.stack([np.asarray(picture.open()) for pictures in classes.values() for picture in pictures])
    assert x_NHWC.shape == (1797, 8, 8, 3)
    assert x_NHWC.dtype == np.uint8
    assert (x_NHWC.min(), x_NHWC.max()) == (0, 255)
    assert (x_NHWC == x_NHWC[..., :1]).all()


def test_folder_reads_train_only(folder: Path) -> None:
    classes = list_classes(ImageFolder(path=folder)).classes
    assert {name: len(pictures) for name, pictures in classes.items()} == {"cat": 20, "dog": 30, "owl": 10}
    assert list(classes) == ["cat", "dog", "owl"]
    assert classes["cat"][0].name == "cat/000.png"


def test_folder_without_train_leaves_out_exactly_the_held_out_parts(tmp_path: Path, make_images: MakeImages) -> None:
    for name in ("cat", "dog", "valley", "tests"):
        make_images(tmp_path / "data" / name, 3)
    poison(tmp_path / "data")
    assert list(list_classes(ImageFolder(path=tmp_path / "data")).classes) == ["cat", "dog", "tests", "valley"]


def test_class_in_train_may_be_called_test(tmp_path: Path, make_images: MakeImages) -> None:
    make_images(tmp_path / "data/train/cat", 3)
    make_images(tmp_path / "data/train/test", 3)
    assert list(list_classes(ImageFolder(path=tmp_path / "data")).classes) == ["cat", "test"]


def test_images_may_lie_deeper_beside_other_files(tmp_path: Path, make_images: MakeImages) -> None:
    make_images(tmp_path / "data/cat/indoors", 2)
    make_images(tmp_path / "data/dog", 2, suffix="JPG")
    (tmp_path / "data/dog/notes.txt").write_text("good dog")
    (tmp_path / "data/.git").mkdir()
    classes = list_classes(ImageFolder(path=tmp_path / "data")).classes
    assert [picture.name for picture in classes["cat"]] == ["cat/indoors/000.png", "cat/indoors/001.png"]
    assert [picture.name for picture in classes["dog"]] == ["dog/000.JPG", "dog/001.JPG"]


def test_folder_must_be_given() -> None:
    with pytest.raises(ValueError, match=r"^data\.path must be given for kind imagefolder: use --data PATH\.$"):
        list_classes(ImageFolder())


def test_folder_must_exist() -> None:
    with pytest.raises(ValueError, match=r"^data\.path must be a folder that exists\. Got '/no/where' instead\.$"):
        list_classes(ImageFolder(path=Path("/no/where")))


def test_folder_must_have_two_classes(tmp_path: Path, make_images: MakeImages) -> None:
    make_images(tmp_path / "data/cat", 3)
    poison(tmp_path / "data")
    with pytest.raises(
        ValueError, match=r"^data\.path .*/data must be a folder of at least 2 classes.* Got \['cat'\] instead"
    ):
        list_classes(ImageFolder(path=tmp_path / "data"))


def test_folder_must_have_images(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "data" / name).mkdir(parents=True)
    with pytest.raises(ValueError, match=r"^data\.path must be a folder with images, such as \.jpg"):
        list_classes(ImageFolder(path=tmp_path / "data"))


# Python 3.12 and 3.13 warn of how torchvision unpacks.
@pytest.mark.filterwarnings("ignore:Python 3.14 will, by default, filter extracted tar archives:DeprecationWarning")
@pytest.mark.parametrize(("kind", "key"), [("cifar10", "labels"), ("cifar100", "fine_labels")])
def test_cifar_reads_the_training_part(
    kind: Any, key: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = torchvision.datasets.CIFAR10 if kind == "cifar10" else torchvision.datasets.CIFAR100
    archive = tmp_path / "archive" / dataset.base_folder
    pixels_NCHW = _write_cifar(archive, dataset, key)
    monkeypatch.setattr(utils, "_urlretrieve", urllib.request.urlretrieve)  # torchvision's own cannot read file://
    monkeypatch.setattr(dataset, "url", Path(shutil.make_archive(str(archive), "gztar", archive.parent)).as_uri())
    monkeypatch.setattr(dataset, "_check_integrity", lambda self: (Path(self.root) / self.base_folder).exists())
    monkeypatch.setattr(dataset, "tgz_md5", None)
    monkeypatch.setattr(dataset, "meta", {**dataset.meta, "md5": None})
    classes = list_classes(Cifar(kind=kind)).classes
    assert {name: len(pictures) for name, pictures in classes.items()} == {"ant": 10, "cat": 10, "elk": 10}
    assert list(classes) == ["ant", "cat", "elk"]
    assert np.array_equal(classes["ant"][0].open(), pixels_NCHW[1].transpose(1, 2, 0))  # label 1 is ant
    first = load_split(Cifar(kind=kind), Fidelity(image_size=32, epochs=1), split_seed=0)
    again = load_split(Cifar(kind=kind), Fidelity(image_size=32, epochs=1), split_seed=0)
    assert first.train.pixels_NHWC.shape == (27, 32, 32, 3)
    assert first.content_hash == again.content_hash
    plain = tmp_path / "plain"
    plain.mkdir()
    assert (cache / kind).stat().st_mode == plain.stat().st_mode  # that of the umask, for others of a group


def _write_cifar(folder: Path, dataset: Any, key: str) -> np.ndarray[Any, Any]:
    """Archives of 30 images in classes cat, ant, elk, as an old numpy pickled them; the test part cannot be read."""
    folder.mkdir(parents=True)
    files = [name for name, _ in dataset.train_list]
    pixels_ND = np.random.default_rng(0).integers(0, 256, (30, 3072), dtype=np.uint8)
    labels_N = np.arange(30) % 3
    for name, part_P in zip(files, np.array_split(np.arange(30), len(files)), strict=True):
        batch = {"data": pixels_ND[part_P], key: labels_N[part_P].tolist()}
        # dtype("u1", 0, 1) instead of dtype("u1", False, True)
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2).replace(b"\x89\x88\x87", b"K\x00K\x01\x87"))
    (folder / dataset.test_list[0][0]).write_bytes(b"not a pickle")
    (folder / dataset.meta["filename"]).write_bytes(pickle.dumps({dataset.meta["key"]: ["cat", "ant", "elk"]}))
    return pixels_ND.reshape(30, 3, 32, 32)


@pytest.mark.parametrize("laid", [b"", b"<html>Log in to this network</html>"])
def test_without_a_network_it_is_said_what_is_wanted_from_where_and_where_to(
    laid: bytes, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, place = torchvision.datasets.CIFAR10, cache / "cifar10/cifar-10-python.tar.gz"
    monkeypatch.setattr(utils, "_urlretrieve", urllib.request.urlretrieve)
    monkeypatch.setattr(dataset, "url", (tmp_path / "host.tar.gz").as_uri())
    if laid:
        place.parent.mkdir(parents=True)
        place.write_bytes(laid)
    digest = "MD5 c58f30108f718f92721af3b95e74349a"  # as torchvision has it
    digest += f"; there is one with MD5 {hashlib.md5(laid).hexdigest()}" if laid else ""
    rule = (
        rf"^The archive of cifar10 cannot be downloaded from {dataset.url}: .*No such file or directory.*\. "
        rf"Without a network lay a copy at {place} \({digest}\)\.$"
    )
    with pytest.raises(OSError, match=rule) as caught:
        list_classes(Cifar(kind="cifar10"))
    assert caught.value.filename is None
    assert not [path for path in cache.glob(".*") if path.is_dir()]


def test_a_cache_that_cannot_be_written_is_no_failed_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MODSEARCH_CACHE", str(tmp_path / "file" / "cache"))
    rule = (
        r"^The cache folder '.*file/cache' cannot be written: Not a directory. MODSEARCH_CACHE names another place\.$"
    )
    with pytest.raises(OSError, match=rule):
        list_classes(Cifar(kind="cifar10"))


def test_a_full_disk_is_no_failed_download(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torchvision.datasets.CIFAR10, "download", full)
    with pytest.raises(OSError, match=rf"^The cache folder '{cache}/cifar10' cannot be written: No space left"):
        list_classes(Cifar(kind="cifar10"))


def test_a_page_instead_of_the_archive_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "host.tar.gz").write_bytes(b"<html>Log in to this network</html>")
    monkeypatch.setattr(utils, "_urlretrieve", urllib.request.urlretrieve)
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "url", (tmp_path / "host.tar.gz").as_uri())
    with pytest.raises(OSError, match=r"^The archive of cifar10 cannot be downloaded from .*corrupted\.*"):
        list_classes(Cifar(kind="cifar10"))
