"""The table of which class was taken for which, read back."""

import csv
from pathlib import Path

import pytest

from modsearch.output import read_confusion


def write(path: Path, *rows: tuple[object, ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def test_counts_and_names_are_read(tmp_path: Path) -> None:
    odd = 'a "cat",\nor not'
    path = write(tmp_path / "confusion.csv", ("class / taken for", odd, "\u732b"), (odd, 8, 2), ("\u732b", 0, 5))
    counts, names = read_confusion(path)
    assert counts.tolist() == [[8, 2], [0, 5]]
    assert names == (odd, "\u732b")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ((), "damaged"),
        ((("of", "a", "b"), ("a", 1, 2)), "different classes"),
        ((("of", "a", "b"), ("b", 1, 2), ("a", 1, 2)), "different classes"),
        ((("of", "a", "b"), ("a", 1, 2), ("b", 1)), "'b' must have 2 counts"),
        ((("of", "a"), ("a", -1)), "'a' must have 1 counts"),
        ((("of", "a"), ("a", "nan")), "'a' must have 1 counts"),
        ((("of", "a"), ("a", 10**30)), "damaged"),
    ],
)
def test_what_is_damaged_is_said(tmp_path: Path, rows: tuple[tuple[object, ...], ...], reason: str) -> None:
    with pytest.raises(ValueError, match=f"confusion.csv must be a table of .*{reason}"):
        read_confusion(write(tmp_path / "confusion.csv", *rows))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "confusion.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="damaged"):
        read_confusion(tmp_path / "confusion.csv")
