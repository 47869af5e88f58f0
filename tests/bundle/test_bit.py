"""No bit of a bundle changes unseen: our verb, the loader and ``check.py`` name the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import modsearch
from modsearch.bundle import Damaged, check, verify_bundle
from modsearch.bundle.manifest import check_files, read_manifest
from tests.bundle.environment import run_in
from tests.bundle.made import FILES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # an export takes long on a busy machine


@contextmanager
def flipped(path: Path, bit: int) -> Iterator[None]:
    """One bit of a file is another one."""
    content = path.read_bytes()
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    path.write_bytes(changed)
    try:
        yield
    finally:
        path.write_bytes(content)


def ours(folder: Path) -> str | None:
    """The file that ``modsearch verify`` and ``modsearch.load`` name; both begin with this."""
    try:
        check_files(folder, read_manifest(folder))
    except Damaged as error:
        return str(error).partition(" ")[0]
    return None


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_bit_that_was_flipped_is_found_and_its_file_named(name: str, bundle: Path, with_onnxruntime: Path) -> None:
    middle = 8 * ((bundle / name).stat().st_size // 2) + len(name) % 7
    with flipped(bundle / name, middle):
        with pytest.raises(Damaged, match=rf"^{name} was changed since it was written"):
            verify_bundle(bundle)
        with pytest.raises(Damaged, match=name):
            modsearch.load(bundle)
        if name != "check.py":  # a program that was changed may say anything
            done = run_in(with_onnxruntime, bundle / "check.py")
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr == f"check.py: {name} is missing or was changed\n"


def test_a_program_that_still_runs_names_itself(bundle: Path, with_onnxruntime: Path) -> None:
    place = (bundle / "check.py").read_bytes().index(b"nothing else")  # in what it says of itself
    with flipped(bundle / "check.py", 8 * place):
        done = run_in(with_onnxruntime, bundle / "check.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "check.py: check.py is missing or was changed\n"


@pytest.mark.parametrize("name", sorted(FILES))
def test_where_it_lies_does_not_matter(name: str, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first, the last and some between; of the manifest, which nothing else has a hash of, every single one."""
    monkeypatch.setattr(check, "FOLDER", bundle)
    assert (ours(bundle), check.damaged()) == (None, None)
    num = 8 * (bundle / name).stat().st_size
    some = range(num) if name == "manifest.json" else sorted({*range(0, num, max(1, num // 20)), num - 1})
    for bit in some:
        with flipped(bundle / name, bit):
            assert (bit, ours(bundle), check.damaged()) == (bit, name, name)


def test_a_file_more_or_less_is_named(bundle: Path) -> None:
    (bundle / "model.pkl").write_bytes(b"")
    with pytest.raises(Damaged, match=r"model\.pkl is no part of what was exported"):
        verify_bundle(bundle)
    (bundle / "model.pkl").unlink()
    (bundle / "model.pt2").unlink()
    with pytest.raises(Damaged, match=r"model\.pt2 is missing"):
        verify_bundle(bundle)
