"""Many pictures in little memory."""

import os
import pickle  # noqa: TID251 - as torch sends a table to a worker
from collections.abc import Sequence
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from modsearch.images.picture import ArrayPicture, FilePicture, Picture
from modsearch.images.picture_table import PictureTable, TableWriter

ROOT = Path("/data")
NAMES = ["cat/a.png", "cat/ä.png", os.fsdecode(b"cat/\xff.png"), "dog/b\n.png"]


def table(pictures: Sequence[Picture]) -> PictureTable:
    writer = TableWriter()
    writer.add(pictures, 0)
    return writer.table()


def test_files_are_found_again() -> None:
    pictures = [FilePicture(ROOT, name) for name in NAMES]
    found = table(pictures)
    assert list(found) == pictures
    assert len(found) == 4
    assert found[-1] == pictures[-1]
    assert found[1:3] == pictures[1:3]
    assert found[3:1:-1] == pictures[3:1:-1]
    for index in (4, -5):
        with pytest.raises(IndexError):
            found[index]


def test_arrays_are_found_again() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)
    found = table([ArrayPicture(f"cat/{number}", pixels_HWC) for number, pixels_HWC in enumerate(pixels)])
    for number, picture in enumerate(found):
        assert isinstance(picture, ArrayPicture)
        assert picture.name == f"cat/{number}"
        assert np.array_equal(picture.pixels_HWC, pixels[number])


def test_a_table_may_be_empty() -> None:
    assert list(table([])) == []


names = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))


@given(names, names)
def test_one_after_the_other(first: list[str], second: list[str]) -> None:
    one, two = TableWriter(), TableWriter()
    one.add([FilePicture(ROOT, name) for name in first], 1)
    two.add([FilePicture(ROOT, name) for name in second], 2)
    one.extend(two)
    assert [picture.name for picture in one.table()] == first + second
    assert one.labels == [1] * len(first) + [2] * len(second)
    assert len(one) == len(first + second)


def test_a_name_takes_little_memory() -> None:
    writer = TableWriter()
    for label in range(1000):
        writer.add((FilePicture(ROOT, f"n{label:08}/n{label:08}_{number:05}.JPEG") for number in range(100)), label)
    found = writer.table()
    assert len(found) == 100_000
    held = [value for value in vars(found).values() if not isinstance(value, Path | None)]
    assert all(isinstance(value, torch.Tensor) for value in held)
    assert sum(value.nbytes for value in held) / len(found) < 50


def test_a_table_is_sent_without_its_names() -> None:
    found = table([FilePicture(ROOT, f"cat/{number:05}.png") for number in range(10_000)])
    sent = bytes(ForkingPickler.dumps(found))
    assert len(sent) < 2000
    assert list(pickle.loads(sent)) == list(found)
    assert all(value.is_shared() for value in vars(found).values() if isinstance(value, torch.Tensor))
