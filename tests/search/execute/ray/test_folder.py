"""Ray Tune's folder: it goes with the search, or with the next one."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from modsearch.search.execute.ray.folder import temporary_folder

HOLDER = """
import sys, tempfile
from modsearch.search.execute.ray.folder import temporary_folder
tempfile.tempdir = sys.argv[1]
with temporary_folder() as folder:
    print(folder, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_goes_with_the_body(place: Path) -> None:
    with temporary_folder() as folder:
        (Path(folder) / "result").touch()
        assert [str(path) for path in place.iterdir()] == [folder]
    assert not list(place.iterdir())


def test_that_of_a_killed_search_goes_with_the_next_one_and_that_of_a_live_one_stays(place: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        left = Path(other.stdout.readline().strip())
        with temporary_folder():
            assert left.is_dir()
        other.kill()
    assert left.is_dir()
    with temporary_folder():
        assert not left.exists()


def test_what_is_not_of_a_search_stays(place: Path) -> None:
    (place / "modsearch-ray-mine").mkdir()
    (place / "modsearch-ray-link").symlink_to(place)
    with temporary_folder():
        pass
    assert {path.name for path in place.iterdir()} == {"modsearch-ray-mine", "modsearch-ray-link"}
