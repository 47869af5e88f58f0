"""Opening: studies that are read again and again stay open, so that only what is new is read."""

import os
from pathlib import Path

from modsearch.search import Study, load_study
from modsearch.search.store.run_folder import JOURNAL

_BEGINNING = 1000  # bytes: the first entry names who made it, by a number that was drawn
_opened: dict[str, tuple[object, Study]] = {}


def opened(target: str) -> Study:
    """A study, for reading; one reading of a study at a time.

    Args:
        target: a run's folder, or ``URL#name`` for a study in a database.

    Raises:
        ValueError: there is no such study.
    """
    file, known = _file(target), _opened.get(target)
    if known is None or known[0] != file:
        known = _opened[target] = file, load_study(target)
    known[1].read_header_again()
    return known[1]


def forget(target: str) -> None:
    """Open it afresh the next time: something went wrong."""
    _opened.pop(target, None)


def _file(target: str) -> object:
    """Which journal holds the study, by how it begins: doctor puts another one in its place, and so may a user."""
    if "://" in target:
        return None
    try:
        with (Path(target) / JOURNAL).open("rb") as file:
            return os.fstat(file.fileno()).st_ino, file.read(_BEGINNING)
    except OSError:
        return None
