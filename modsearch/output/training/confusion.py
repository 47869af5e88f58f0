"""Which class was taken for which: the table that a training writes."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modsearch.file import read_bounded
from modsearch.message import must_be

_MAX_BYTES = 500_000_000  # some 15,000 classes

Counts = NDArray[np.int64]
"""(K, K): images of each class, a row, that were taken for each class, a column."""


def read_confusion(path: Path) -> tuple[Counts, tuple[str, ...]]:
    """The counts of a ``confusion.csv``, and the names of the classes.

    Raises:
        ValueError: the file is damaged.
        OSError: it cannot be read.
    """
    try:
        text = read_bounded(path, _MAX_BYTES).decode()
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        names = tuple(header[1:])
        _check(names, rows)
        return np.array([row[1:] for row in rows], dtype=np.int64).reshape(len(names), len(names)), names
    except (ValueError, csv.Error, OverflowError) as error:
        rule = "a table of how many images of each class were taken for which"
        raise ValueError(f"{must_be(str(path), rule, 'a damaged one')} ({error})") from None


def _check(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if tuple(row[0] if row else "" for row in rows) != tuple(names):
        raise ValueError("its rows and columns name different classes")
    for name, row in zip(names, rows, strict=True):
        if len(row) != len(names) + 1 or not all(cell.isdecimal() for cell in row[1:]):
            raise ValueError(f"{name!r} must have {len(names)} counts")
