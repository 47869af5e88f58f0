"""Which images there are: every kind of data as pictures by class. Nothing is decoded or split here."""

import errno
import hashlib
import shutil
import warnings
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from modsearch.images.cache import CacheFailed, cache_folder, writing
from modsearch.images.holdout import Places, content_places, held_out, hold_out
from modsearch.images.image_folder import class_folders, held_out_parts, walk_image_folder
from modsearch.images.picture import ArrayPicture, Listing, Picture, Walk, printable
from modsearch.message import must_be, not_had
from modsearch.space import Cifar, Data, Digits, ImageFolder


def list_classes(data: Data) -> Listing:
    """The pictures of ``data`` by class.

    Raises:
        ValueError: the folder is not given, or no folder of classes that can be read.
    """
    return walk_classes(data).listing()


def walk_classes(data: Data) -> Walk:
    """The same, class by class: a folder of millions of images takes little memory.

    Raises:
        ValueError: as there.
    """
    match data:
        case Digits():
            return Walk.through(_digits())
        case Cifar():
            return Walk.through(_cifar(data))
        case ImageFolder():
            return _image_folder(data)


def walk_held_out(data: Data) -> Walk | None:
    """The pictures that no search reads, class by class; None where there are none.

    They are the test part of CIFAR; of a folder its part ``test``, else ``val`` or ``validation``, else what
    ``holdout`` leaves alone.

    Raises:
        ValueError: as of ``list_classes``, or the part has other classes.
    """
    match data:
        case Digits():
            return None
        case Cifar():
            return Walk.through(_cifar(data, is_training=False))
        case ImageFolder():
            return _held_out(data)


def count_classes(data: Data) -> int:
    """How many classes ``data`` have; nothing is downloaded, and no image is looked for.

    Raises:
        ValueError: the folder is not given, or no folder of classes that can be read.
    """
    match data:
        case Digits():
            return 10
        case Cifar():
            return {"cifar10": 10, "cifar100": 100}[data.kind]
        case ImageFolder():
            return len(class_folders(_folder(data))[1])


def _digits() -> Listing:
    from sklearn.datasets import load_digits

    bundle = load_digits()
    grey_NHW = np.rint(bundle.images * (255 / 16)).astype(np.uint8)  # 0..16 -> 0..255
    pixels_NHWC = np.repeat(grey_NHW[..., None], 3, axis=3)
    return _by_class(pixels_NHWC, bundle.target.tolist(), [str(name) for name in bundle.target_names])


def _cifar(data: Cifar, is_training: bool = True) -> Listing:
    from torchvision.datasets import CIFAR10, CIFAR100

    dataset = {"cifar10": CIFAR10, "cifar100": CIFAR100}[data.kind]
    root = cache_folder() / data.kind
    try:
        return _read_cifar(dataset, root, is_training)
    except CacheFailed:
        raise
    except (OSError, RuntimeError, HTTPException) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            with writing(root):
                raise
        place, digest = root / dataset.filename, f"MD5 {dataset.tgz_md5}"
        with suppress(OSError):
            digest += f"; there is one with MD5 {hashlib.md5(place.read_bytes(), usedforsecurity=False).hexdigest()}"
        raise OSError(not_had(f"The archive of {data.kind}", dataset.url, str(place), digest, error)) from error


def _read_cifar(dataset: Any, root: Path, is_training: bool) -> Listing:
    """From the folder ``root``. An archive that was laid there is unpacked."""
    with warnings.catch_warnings():
        # Some numpy 2.4 warn of how the archives spell a dtype (pytorch/vision issue 9340).
        warnings.simplefilter("ignore", np.exceptions.VisibleDeprecationWarning)
        if not root.exists():
            _download(dataset, root)
        images = dataset(root, train=is_training, download=True)  # checks the md5 of every file
    return _by_class(images.data, images.targets, images.classes)


def _download(dataset: Any, root: Path) -> None:
    """Fill ``root`` in one step, so that processes that start together do not write into each other's files."""
    temporary = root.with_name(f".{root.name}-{uuid4().hex}")  # a folder of tempfile's would be its maker's alone
    with writing(root.parent):
        temporary.mkdir(parents=True)
    try:
        dataset(temporary, train=True, download=True)
        with suppress(OSError):  # another process was first
            temporary.replace(root)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _by_class(pixels_NHWC: NDArray[np.uint8], labels_N: list[int], names: list[str]) -> Listing:
    classes: dict[str, list[Picture]] = {name: [] for name in sorted(names)}
    for number, (pixels_HWC, label) in enumerate(zip(pixels_NHWC, labels_N, strict=True)):
        classes[names[label]].append(ArrayPicture(f"{names[label]}/{number:05}", pixels_HWC))
    return Listing(classes)


def _image_folder(data: ImageFolder) -> Walk:
    path = _folder(data)
    if not data.holdout:
        return walk_image_folder(path)
    walk = walk_image_folder(path)
    if parts := held_out_parts(path):
        rule = f"left out: the folder has a part that no search reads, {parts[0]!r}"
        raise ValueError(must_be("data.holdout", rule, data.holdout))
    return hold_out(walk, _places(path), data.holdout)


def _held_out(data: ImageFolder) -> Walk | None:
    path = _folder(data)
    parts = sorted(held_out_parts(path), key=str.lower)  # of test, val and validation the first
    if not parts:
        return held_out(walk_image_folder(path), _places(path), data.holdout) if data.holdout else None
    walk, names = walk_image_folder(path / parts[0]), class_folders(path)[1]
    if walk.names != names:
        rule = f"a folder of the same classes as the training images, {', '.join(names)}"
        raise ValueError(must_be(f"data.path {printable(path / parts[0])}", rule, walk.names))
    return walk


def _places(path: Path) -> Places:
    return content_places(walk_image_folder(path))


def _folder(data: ImageFolder) -> Path:
    if data.path is None:
        raise ValueError("data.path must be given for kind imagefolder: use --data PATH.")
    try:
        return data.path.expanduser()
    except RuntimeError:  # ~nobody
        return data.path
