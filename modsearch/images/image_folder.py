"""The images of a folder of classes. What cannot be meant, or would quietly lose images, is refused by name."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePath

from modsearch.images.file_format import suffixes
from modsearch.images.picture import FilePicture, Listing, Picture, Walk, printable
from modsearch.message import must_be
from modsearch.record import name_left_out

# Parts of a data set that a search never reads: results are confirmed on them.
HELD_OUT = frozenset({"val", "validation", "test"})

_TRAIN = "train"
_NO_CLASS = HELD_OUT | {_TRAIN, "training", "valid", "eval", "evaluation", "testing"}
# Left by macOS, Synology, fsck and Windows; what begins with a dot is left out as well.
_CLUTTER = frozenset({"__macosx", "@eadir", "lost+found", "$recycle.bin", "system volume information"})


def list_image_folder(path: Path) -> Listing:
    """The pictures of each folder of ``path``, or of its part ``train``.

    Links are followed: big data sets are often put together so.

    Raises:
        ValueError: there is no such folder, it holds fewer than two classes or no images, or a part of it cannot be
            read; the folder is named.
    """
    return walk_image_folder(path).listing()


def walk_image_folder(path: Path) -> Walk:
    """The same, class by class; a class is read when its turn comes.

    Raises:
        ValueError: as there.
    """
    root, names = class_folders(path)
    left_out = Counter(_ending(entry.name) for entry in _entries(root) if not _is_folder(entry))
    return Walk(names, _classes(path, root, names, left_out), left_out)


def _classes(path: Path, root: Path, names: list[str], left_out: Counter[str]) -> Iterator[list[Picture]]:
    """The pictures of each class, as soon as there are any."""
    waiting: list[list[Picture]] = []
    is_found = False
    for name in names:
        waiting.append(_pictures(root, name, left_out))
        is_found = is_found or bool(waiting[-1])
        if is_found:
            yield from waiting
            waiting.clear()
    if not is_found:
        found = f" It holds {name_left_out(left_out)}." if left_out else ""
        raise ValueError(must_be("data.path", "a folder with images, such as .jpg or .png", str(path)) + found)


def class_folders(path: Path) -> tuple[Path, list[str]]:
    """The folder that the classes of ``path`` lie in, and their names; no image is looked for.

    Raises:
        ValueError: there is no such folder, or it holds fewer than two classes.
    """
    if not path.is_dir():
        raise ValueError(must_be("data.path", "a folder that exists", str(path)))
    root, names = path.resolve(), _folders(path)
    parts = [name for name in names if name.lower() == _TRAIN]
    if parts:
        root = (root / parts[-1]).resolve()
        names = _folders(root)
    else:
        names = [name for name in names if name.lower() not in HELD_OUT]
    _check_classes(root, names, bool(parts))
    return root, names


def held_out_parts(path: Path) -> list[str]:
    """The parts of a folder that no search reads, such as ``val``; an empty one is none."""
    return [name for name in _folders(path) if name.lower() in HELD_OUT and any(_entries(path / name))]


def _check_classes(root: Path, names: list[str], is_part: bool) -> None:
    place = f"data.path {printable(root)}"
    if len(names) < 2:
        raise ValueError(must_be(place, "a folder of at least 2 classes, each a folder of images", names))
    if not is_part and all(name.lower() in _NO_CLASS for name in names):
        raise ValueError(must_be(place, f"a folder of classes, or of parts of which one is {_TRAIN!r}", names))
    for name in names:
        if name != os.fsencode(name).decode(errors="replace"):
            raise ValueError(must_be(f"{place}: a class", "a folder with a name in UTF-8", name))


def _folders(root: Path) -> list[str]:
    return [entry.name for entry in _entries(root) if _is_folder(entry)]


def _pictures(root: Path, class_name: str, left_out: Counter[str]) -> list[Picture]:
    """The images anywhere below the folder of a class; what else is there is counted."""
    above = os.path.join(root, "")  # noqa: PTH118 - with a separator at its end
    files = _files(above + class_name, frozenset({os.path.realpath(root)}), left_out)
    return [FilePicture(root, name) for name in sorted(file[len(above) :].replace(os.sep, "/") for file in files)]


def _files(folder: str, above: frozenset[str], left_out: Counter[str]) -> Iterator[str]:
    """The image files below ``folder``, which lies in the real folders ``above``."""
    real = os.path.realpath(folder)
    if real in above:
        raise ValueError(must_be(printable(folder), "no link to a folder that it lies in", real))
    for entry in _entries(folder):
        # A broken link that is called an image is one that cannot be read: it matters only if it is selected.
        is_image = entry.name.lower().endswith(suffixes())
        if is_image and entry.is_symlink() and not _leads_to_folder(entry):
            yield entry.path
        elif _is_folder(entry):
            yield from _files(entry.path, above | {real}, left_out)
        elif is_image:
            yield entry.path
        else:
            left_out[_ending(entry.name)] += 1


def _ending(name: str) -> str:
    """Of a file's name, as it is counted."""
    return printable(PurePath(name).suffix.lower() or "without an ending")


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            kept = [child for child in entries if not child.name.startswith(".") and child.name.lower() not in _CLUTTER]
    except OSError as error:
        raise ValueError(must_be(printable(folder), "a folder that can be read", error.strerror)) from error
    return sorted(kept, key=lambda child: child.name)


def _leads_to_folder(link: os.DirEntry[str]) -> bool:
    """Whether a link does; one that leads nowhere or to itself does not."""
    return os.path.isdir(link.path)  # noqa: PTH112 - of a million links


def _is_folder(entry: os.DirEntry[str]) -> bool:
    if not entry.is_symlink():
        return entry.is_dir()  # without a question to the system
    target = Path(entry.path)
    if not target.exists():
        raise ValueError(must_be(printable(target), "a link to something that exists", str(target.readlink())))
    return target.is_dir()
