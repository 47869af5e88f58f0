"""Where a run's files lie: a run that came from somewhere else must not make a search write anywhere else."""

import os
from pathlib import Path

from modsearch.message import must_be
from modsearch.search.store.header import Header
from modsearch.search.store.storage import JOURNAL
from modsearch.search.store.study import SPEC
from modsearch.space import load_spec


def check_links(folder: Path) -> None:
    """Raise ValueError where something in a run's folder, or in a folder of it, is a link that leads out of it."""
    home = Path(os.path.realpath(folder))
    for path in (*folder.glob("*"), *folder.glob("*/*")):
        target = Path(os.path.realpath(path))  # not resolve(): it raises where links go in a circle
        if path.is_symlink() and not target.is_relative_to(home):
            raise ValueError(must_be(str(path), "inside of the run's folder", str(target)))


def stored_folder(header: Header) -> Path:
    """The folder that a database names; ValueError where it is not this study's: files are deleted there."""
    name, folder = header.spec.name, Path(header.folder)
    if not folder.is_absolute() or not folder.is_dir():
        raise ValueError(f"The folder of {name}, {header.folder!r}, is not on this machine.")
    try:
        is_its_own = load_spec(str(folder / SPEC)).name == name
    except ValueError:  # lost or damaged
        is_its_own = (folder / "weights").is_dir()
    if not is_its_own or (folder / JOURNAL).exists():
        raise ValueError(f"The folder of {name}, {header.folder!r}, is not a run of it: nothing was touched.")
    return folder
