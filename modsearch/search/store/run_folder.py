"""A run's folder: what lies where in it, and that nothing is written outside of it."""

import os
from pathlib import Path

from modsearch.file import appearing
from modsearch.message import must_be, nearest
from modsearch.record import Task
from modsearch.search.error import StorageFailed
from modsearch.search.store.header import Header
from modsearch.search.store.retry import retry_file
from modsearch.space import StudySpec, dump_spec, load_spec

JOURNAL = "study.journal"
SPEC = "spec.yaml"
CHECKPOINTS = "checkpoints"
WEIGHTS = "weights"


def journal_folder(target: str) -> Path:
    """The run's folder of this name; ValueError where there is none, or no journal in it."""
    folder = Path(target)
    if not folder.is_dir():
        raise ValueError(f"There is no folder {target!r}.{_nearest_run(folder)}")
    if not (folder / JOURNAL).is_file():
        raise ValueError(f"The folder {target!r} holds no {JOURNAL}: a study in a database must be written URL#name.")
    return folder


def stored_folder(header: Header) -> Path:
    """The folder that a database names; ValueError where it is not this study's: files are deleted there."""
    name, folder = header.spec.name, Path(header.folder)
    if not folder.is_absolute() or not folder.is_dir():
        raise ValueError(f"The folder of {name}, {header.folder!r}, is not on this machine.")
    try:
        is_its_own = load_spec(str(folder / SPEC)).name == name
    except ValueError:  # lost or damaged
        is_its_own = (folder / WEIGHTS).is_dir()
    if not is_its_own or (folder / JOURNAL).exists():
        raise ValueError(f"The folder of {name}, {header.folder!r}, is not a run of it: nothing was touched.")
    return folder


def check_links(folder: Path) -> None:
    """Raise ValueError where something in a run's folder, or in a folder of it, is a link that leads out of it.

    A run that came from somewhere else must not make a search write anywhere else.
    """
    home = Path(os.path.realpath(folder))
    for path in (*folder.glob("*"), *folder.glob("*/*")):
        target = Path(os.path.realpath(path))  # not resolve(): it raises where links go in a circle
        if path.is_symlink() and not target.is_relative_to(home):
            raise ValueError(must_be(str(path), "inside of the run's folder", str(target)))


def weights_path(folder: Path, task: Task) -> Path:
    """Where the weights of a trained network lie in a run's folder."""
    return folder / WEIGHTS / f"{task.key}.safetensors"


def checkpoint_path(folder: Path, task: Task) -> Path:
    """Where the checkpoint of a training lies in a run's folder."""
    return folder / CHECKPOINTS / f"{task.key}.safetensors"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, whatever dies meanwhile. Its folder is made; the run's own is waited for.

    Raises:
        StorageFailed: it cannot be written.
    """

    def write() -> None:
        path.parent.mkdir(exist_ok=True)  # not its parents: in place of an absent share that would be another one
        with appearing(path) as file:
            file.write(content)

    try:
        retry_file(write)
    except OSError as error:
        raise StorageFailed(path, error) from None


def write_spec(folder: Path, spec: StudySpec) -> None:
    """Leave the spec in the run's folder for people to read."""
    write_whole(folder / SPEC, dump_spec(spec).encode())


def _nearest_run(folder: Path) -> str:
    siblings = [path.name for path in folder.parent.iterdir()] if folder.parent.is_dir() else []
    return nearest(folder.name, siblings)
