"""Every figure of docs/results is what its record gives: continuous integration's check."""

from pathlib import Path

import pytest

from docs.results.page import is_unrecorded, page_faults, page_folders
from docs.results.publication import derived_faults
from docs.results.record import RESULTS, study_folders


@pytest.mark.parametrize("folder", page_folders(), ids=lambda folder: folder.name)
def test_every_figure_of_a_page_is_what_its_record_gives(folder: Path) -> None:
    assert list(page_faults(folder)) == []


def test_every_file_beside_a_journal_is_what_the_journal_gives() -> None:
    assert [fault for folder in study_folders() for fault in derived_faults(folder)] == []


def test_every_page_is_recomputed() -> None:
    assert [folder.name for folder in page_folders() if is_unrecorded(folder)] == []
    assert len(page_folders()) >= 7
    assert {path.name for path in RESULTS.iterdir() if path.is_dir() and path.name[0] not in "._"} == {
        folder.name for folder in page_folders()
    }
