import errno
import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image

from modsearch.cli import run
from modsearch.images import Split, load_split
from modsearch.images import cache as cache_module
from modsearch.images.cache import cache_folder
from modsearch.space import Fidelity, ImageFolder
from tests.cli.test_command import write

FIDELITY = Fidelity(image_size=8, epochs=1)


def _load(folder: Path, fidelity: Fidelity = FIDELITY) -> Split:
    return load_split(ImageFolder(path=folder), fidelity, split_seed=0)


def _poison(file: Path) -> None:
    """Break a file without a trace in its size and time of change."""
    stat = file.stat()
    file.write_bytes(bytes(stat.st_size))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_second_load_reads_no_image(folder: Path) -> None:
    first = _load(folder)
    for file in folder.rglob("*.png"):
        _poison(file)
    again = _load(folder)
    assert again.content_hash == first.content_hash
    assert torch.equal(again.train.pixels_NHWC, first.train.pixels_NHWC)
    assert torch.equal(again.validation.pixels_NHWC, first.validation.pixels_NHWC)


def test_touched_files_are_read_but_not_decoded_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _load(folder)
    for file in folder.rglob("*.png"):
        os.utime(file, ns=(1, 1))
    monkeypatch.setattr(cache_module, "decode", None)
    assert _load(folder).content_hash == first.content_hash


def test_changed_image_is_decoded_again(folder: Path) -> None:
    first = _load(folder)
    Image.new("RGB", (8, 8), (1, 2, 3)).save(folder / "train/cat/000.png")
    again = _load(folder)
    assert again.content_hash != first.content_hash
    pixels_NHWC = torch.cat((again.train.pixels_NHWC, again.validation.pixels_NHWC))
    assert (pixels_NHWC == torch.tensor([1, 2, 3], dtype=torch.uint8)).all(3).flatten(1).all(1).sum() == 1


def test_only_selected_images_are_read(folder: Path) -> None:
    for file in (folder / "train/owl").iterdir():
        file.write_bytes(b"not an image")
    assert len(_load(folder, Fidelity(image_size=8, epochs=1, classes=2, images_per_class=3)).train) == 6


def test_every_size_has_its_own_file(folder: Path, cache: Path) -> None:
    assert _load(folder, Fidelity(image_size=6, epochs=1)).train.pixels_NHWC.shape == (54, 6, 6, 3)
    assert _load(folder, Fidelity(image_size=80, epochs=1)).train.pixels_NHWC.shape == (54, 92, 92, 3)
    assert sorted(file.stat().st_size for file in cache.glob("images/*.uint8")) == [60 * 6 * 6 * 3, 60 * 92 * 92 * 3]


def test_failure_leaves_no_file(folder: Path, cache: Path) -> None:
    (folder / "train/cat/003.png").write_bytes(b"not an image")
    with pytest.raises(ValueError, match=r"/train/cat/003\.png must be an image that can be read\."):
        _load(folder)
    assert [file.suffix for file in (cache / "images").iterdir()] == [".json"]


def test_broken_link_is_named(folder: Path) -> None:
    (folder / "train/cat/link.png").symlink_to(folder / "nowhere.png")
    with pytest.raises(ValueError, match=r"/train/cat/link\.png must be an image that can be read\."):
        _load(folder)


def test_half_a_file_is_made_again(folder: Path, cache: Path) -> None:
    first = _load(folder).train.pixels_NHWC.clone()
    (file,) = cache.glob("images/*.uint8")
    file.write_bytes(b"half")
    assert torch.equal(_load(folder).train.pixels_NHWC, first)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"content_hash": 3}', '{"content_hash": "../../x"}'])
def test_a_broken_note_is_written_again(content: str, folder: Path, cache: Path) -> None:
    first = _load(folder).content_hash
    (note,) = cache.glob("images/*.json")
    sound = note.read_text()
    note.write_text(content)
    assert _load(folder).content_hash == first
    assert note.read_text() == sound


def _fill_disk(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a write to the cache meet a full disk, at once or at its end."""
    open_path = Path.open

    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def open_full(path: Path, mode: str = "r", *others: Any, **more: Any) -> Any:
        if path.suffix != ".part":
            return open_path(path, mode, *others, **more)
        path.touch()
        return open_path(Path("/dev/full"), "wb")

    monkeypatch.setattr(*((os, "fsync", full) if step == "fsync" else (Path, "open", open_full)))


@pytest.mark.parametrize("step", ["write", "fsync"])
def test_too_many_images_for_memory_and_a_full_disk_are_one_line(
    step: str, folder: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    _load(folder)
    for file in cache.glob("images/*.uint8"):  # the hash is known, so that the pixels are what does not fit
        file.unlink()
    before = sorted(cache.rglob("*"))
    _fill_disk(step, monkeypatch)
    monkeypatch.setattr(cache_module, "_MAX_IN_MEMORY", 60 * 8 * 8 * 3 - 1)
    text = f"The cache folder '{cache}/images' cannot be written: No space left on device."
    with pytest.raises(OSError, match=f"^{re.escape(text)}"):
        _load(folder)
    space = write(tmp_path / "space.yaml", fidelity={"image_size": 8, "epochs": 1})  # another split: a new note
    assert run(["search", space, "--data", str(folder), "--device", "cpu", "--out", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"modsearch: {text}")
    assert error.count("\n") == 1
    assert sorted(cache.rglob("*")) == before


@pytest.mark.parametrize("step", ["write", "fsync", "mkdir"])
def test_few_images_stay_in_memory_where_the_cache_cannot_be_written(
    step: str, folder: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setenv("MODSEARCH_CACHE", str(tmp_path / "other"))
    expected = _load(folder)
    monkeypatch.setenv("MODSEARCH_CACHE", str(cache))
    if step == "mkdir":
        cache.write_text("a file")
    else:
        _fill_disk(step, monkeypatch)
    found = _load(folder)
    assert found.content_hash == expected.content_hash
    assert torch.equal(found.train.pixels_NHWC, expected.train.pixels_NHWC)
    assert torch.equal(found.validation.pixels_NHWC, expected.validation.pixels_NHWC)
    [line] = caplog.messages
    assert re.fullmatch(rf"The cache folder '{cache}/images' cannot be written: .*\. MODSEARCH_CACHE names .*", line)


@pytest.mark.parametrize(("umask", "mode"), [(0o002, 0o664), (0o027, 0o640), (0o077, 0o600)])
def test_files_follow_the_umask(umask: int, mode: int, folder: Path, cache: Path) -> None:
    before = os.umask(umask)
    try:
        _load(folder)
    finally:
        os.umask(before)
    assert {file.stat().st_mode & 0o777 for file in (cache / "images").iterdir()} == {mode}
    assert (cache / "images").stat().st_mode & 0o777 == 0o777 & ~umask


def test_a_file_that_we_may_not_read_is_made_again(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests may run as root, who reads everything."""
    expected = _load(folder).train.pixels_NHWC.clone()
    (file,) = cache.glob("images/*.uint8")
    file.write_bytes(bytes(file.stat().st_size))
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != file and access(path, mode))
    assert torch.equal(_load(folder).train.pixels_NHWC, expected)


def test_who_starts_together_reads_and_decodes_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = Barrier(4)
    calls = list[str]()

    def counted(name: str) -> Callable[..., Any]:
        function = getattr(cache_module, name)

        def call(*arguments: Any) -> Any:
            calls.append(name)
            time.sleep(0.3)  # the others come meanwhile
            return function(*arguments)

        return call

    def load() -> Split:
        begun.wait()
        return _load(folder)

    for name in ("decode", "_hash_content"):
        monkeypatch.setattr(cache_module, name, counted(name))
    with ThreadPoolExecutor(4) as pool:
        splits = [future.result() for future in [pool.submit(load) for _ in range(4)]]
    assert sorted(calls) == ["_hash_content", "decode"]
    assert all(torch.equal(split.train.pixels_NHWC, splits[0].train.pixels_NHWC) for split in splits)


def test_who_starts_together_without_locks_does_no_harm(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode, others = cache_module.decode, list[Split]()

    def overtaken(*arguments: Any) -> Iterator[Any]:
        first, *rest = decode(*arguments)
        yield first
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cache_module, "decode", decode)
            others.append(_load(folder))
        yield from rest

    def no_locks(_lock: FileLock) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(FileLock, "acquire", no_locks)
    monkeypatch.setattr(cache_module, "decode", overtaken)
    pixels_NHWC = _load(folder).train.pixels_NHWC
    assert torch.equal(others[0].train.pixels_NHWC, pixels_NHWC)
    assert len({x.numpy().tobytes() for x in pixels_NHWC}) == 54
    assert sorted(file.suffix for file in (cache / "images").iterdir()) == [".json", ".uint8"]


def test_progress_is_told_while_decoding_only(folder: Path) -> None:
    calls: list[tuple[int, int]] = []
    for _ in range(2):
        load_split(ImageFolder(path=folder), FIDELITY, 0, lambda done, total: calls.append((done, total)))
    assert calls == [(60, 60)]


def test_pixels_are_those_of_the_files(folder: Path) -> None:
    split = _load(folder)
    expected = {np.asarray(Image.open(file)).tobytes() for file in (folder / "train").rglob("*.png")}
    found = {x.numpy().tobytes() for part in (split.train, split.validation) for x in part.pixels_NHWC}
    assert found == expected


def test_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODSEARCH_CACHE", "/a")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    monkeypatch.setenv("HOME", "/c")
    assert cache_folder() == Path("/a")
    monkeypatch.delenv("MODSEARCH_CACHE")
    assert cache_folder() == Path("/b/modsearch")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path("/c/.cache/modsearch")
