"""Files that appear whole or not at all, and are read no further than expected."""

from pathlib import Path

import pytest

from modsearch.file import PARTIAL, appearing, read_bounded


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with appearing(path) as file:
        file.write(b"ne")
        assert path.read_bytes() == b"old"
        assert (tmp_path / f"a{PARTIAL}").is_file()
        file.write(b"w")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_what_breaks_off_leaves_the_old_one(error: BaseException, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def break_off() -> None:
        with appearing(path, tmp_path / "mine") as file:
            file.write(b"new")
            raise error

    with pytest.raises(type(error)):
        break_off()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_read_up_to_a_size(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"123")
    assert read_bounded(path, 3) == b"123"
    with pytest.raises(ValueError, match="it has more than 2 bytes"):
        read_bounded(path, 2)
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "b", 2)
