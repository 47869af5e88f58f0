"""Which images there are: every kind of data as pictures by class. Nothing is decoded or split here."""

import os
import shutil
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modsearch.message import must_be
from modsearch.scoring.data.cache import cache_folder
from modsearch.scoring.data.picture import ArrayPicture, FilePicture, Picture
from modsearch.space import Cifar, Data, Digits, ImageFolder

Classes = dict[str, list[Picture]]

# Parts of a data set that a search never reads: results are confirmed on them.
HELD_OUT = frozenset({"val", "validation", "test"})
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


def list_classes(data: Data) -> Classes:
    """The pictures of ``data`` by class, both in alphabetical order.

    Raises:
        ValueError: the folder is not given, not there, or holds fewer than two classes or no images.
    """
    match data:
        case Digits():
            return _digits()
        case Cifar():
            return _cifar(data)
        case ImageFolder():
            return _image_folder(data)


def _digits() -> Classes:
    from sklearn.datasets import load_digits

    bundle = load_digits()
    grey_NHW = np.rint(bundle.images * (255 / 16)).astype(np.uint8)  # 0..16 -> 0..255
    pixels_NHWC = np.repeat(grey_NHW[..., None], 3, axis=3)
    return _by_class(pixels_NHWC, bundle.target.tolist(), [str(name) for name in bundle.target_names])


def _cifar(data: Cifar) -> Classes:
    from torchvision.datasets import CIFAR10, CIFAR100

    dataset = {"cifar10": CIFAR10, "cifar100": CIFAR100}[data.kind]
    root = cache_folder() / data.kind
    with warnings.catch_warnings():
        # Some numpy 2.4 warn of how the archives spell a dtype (pytorch/vision issue 9340).
        warnings.simplefilter("ignore", np.exceptions.VisibleDeprecationWarning)
        if not root.exists():
            _download(dataset, root)
        images = dataset(root, train=True, download=True)  # checks the md5 of every file
    return _by_class(images.data, images.targets, images.classes)


def _download(dataset: type, root: Path) -> None:
    """Fill ``root`` in one step, so that processes that start together do not write into each other's files."""
    root.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
    try:
        dataset(temporary, train=True, download=True)
        with suppress(OSError):  # another process was first
            temporary.replace(root)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _by_class(pixels_NHWC: NDArray[np.uint8], labels_N: list[int], names: list[str]) -> Classes:
    classes: Classes = {name: [] for name in sorted(names)}
    for number, (pixels_HWC, label) in enumerate(zip(pixels_NHWC, labels_N, strict=True)):
        classes[names[label]].append(ArrayPicture(f"{names[label]}/{number:05}", pixels_HWC))
    return classes


def _image_folder(data: ImageFolder) -> Classes:
    if data.path is None:
        raise ValueError("data.path must be given for kind imagefolder: use --data PATH.")
    path = data.path.expanduser()
    if not path.is_dir():
        raise ValueError(must_be("data.path", "a folder that exists", str(path)))
    has_train = (path / "train").is_dir()
    root = (path / "train" if has_train else path).resolve()
    names = [name for name in _folders(root) if has_train or name not in HELD_OUT]
    classes = {name: _pictures(root, name) for name in names}
    if len(classes) < 2:
        raise ValueError(must_be("data.path", "a folder of at least 2 classes, each a folder of images", list(classes)))
    if not any(classes.values()):
        raise ValueError(must_be("data.path", f"a folder with images ({', '.join(SUFFIXES)})", str(path)))
    return classes


def _folders(root: Path) -> list[str]:
    return sorted(each.name for each in root.iterdir() if each.is_dir() and not each.name.startswith("."))


def _pictures(root: Path, class_name: str) -> list[Picture]:
    """The images anywhere below the folder of a class. Links are followed: big data sets are often put together so."""
    names = [
        (Path(folder) / file).relative_to(root).as_posix()
        for folder, _, files in os.walk(root / class_name, followlinks=True)
        for file in files
        if file.lower().endswith(SUFFIXES) and not file.startswith(".")
    ]
    return [FilePicture(root, name) for name in sorted(names)]
