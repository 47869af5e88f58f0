"""A bundle for which there is no room, or that may not be written: one line, and nothing is left."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from modsearch.bundle import Source, export_bundle
from modsearch.bundle import export as exporting
from modsearch.record import Trained

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # an export takes long on a busy machine

Made = tuple[Path, Source, Trained]


@contextmanager
def restored_room() -> Iterator[None]:
    """The body may forbid files of more than so many bytes: the kernel refuses them, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def leave_room(num_bytes: int) -> None:
    """Each file may have so many from now on."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@pytest.mark.parametrize(
    ("file", "is_there"), [("architecture.json", False), ("model.safetensors", True), ("model.pt2", False)]
)
def test_one_file_for_which_there_is_no_room(file: str, is_there: bool, made: Made, tmp_path: Path) -> None:
    """Torch's own writer of ``model.pt2`` would end the process."""
    if is_there:
        (tmp_path / "bundle").mkdir()
    with restored_room(), pytest.raises(ValueError, match=rf"^The folder '{tmp_path}/bundle' cannot be written: File "):
        export_bundle(made[1], tmp_path / "bundle", on_step=lambda _: leave_room((made[0] / file).stat().st_size - 1))
    assert [path.name for path in tmp_path.rglob("*")] == ["bundle"] * is_there


@pytest.mark.parametrize("name", ["to_onnx", "_store_images"])
def test_no_room_for_what_is_written_later(
    name: str, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = getattr(exporting, name)

    def without_room(*arguments: Any, **options: Any) -> None:
        leave_room(1000)
        write(*arguments, **options)

    monkeypatch.setattr(exporting, name, without_room)
    with restored_room(), pytest.raises(ValueError, match="cannot be written: File too large"):
        export_bundle(made[1], tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_no_room_at_the_end(made: Made, tmp_path: Path) -> None:
    """All networks are written and compared, and what was found cannot be noted."""

    def on_step(text: str) -> None:
        if text.startswith("checking model.pt2"):
            leave_room(0)

    with restored_room(), pytest.raises(ValueError, match="cannot be written: File too large"):
        export_bundle(made[1], tmp_path / "bundle", on_step=on_step)
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nobody_may_write(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"^The folder '/sys(/bundle)?' cannot be written"):  # not even by root
        export_bundle(made[1], Path("/sys/bundle"))
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ValueError, match=rf"^The folder '{tmp_path}' cannot be written to\.$"):
        export_bundle(made[1], tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []
