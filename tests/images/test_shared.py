"""A split on another machine: a cache of its own, and a path where there may be the same images, others or none."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from modsearch.images import SharedSplit, Split, load_split
from modsearch.images import shared as shared_module
from modsearch.images.cache import pixel_file
from modsearch.scoring import LocalEvaluator
from modsearch.space import Cifar, Fidelity, ImageFolder, load_spec

FIDELITY = Fidelity(image_size=8, epochs=1)

Elsewhere = Callable[[], Path]


def shared_split(folder: Path) -> tuple[Split, SharedSplit]:
    data = ImageFolder(path=folder)
    split = load_split(data, FIDELITY, split_seed=3)
    return split, SharedSplit.of(split, data, FIDELITY, 3)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """Go to a machine whose cache is empty; gives its folder."""

    def go() -> Path:
        monkeypatch.setenv("MODSEARCH_CACHE", str(tmp_path / "elsewhere"))
        return tmp_path / "elsewhere" / "images"

    return go


def never(start: int, num_bytes: int) -> bytes:
    raise AssertionError(f"{num_bytes} bytes at {start} were asked for")


def same(first: Split, second: Split) -> bool:
    pairs = [(first.train, second.train), (first.validation, second.validation)]
    tensors = [(a.pixels_NHWC, b.pixels_NHWC) for a, b in pairs] + [(a.labels_N, b.labels_N) for a, b in pairs]
    names = [(split.class_names, split.content_hash) for split in (first, second)]
    return names[0] == names[1] and all(torch.equal(*pair) for pair in tensors)


def test_without_the_folder_the_pixels_are_sent_once(
    folder: Path, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    split, shared = shared_split(folder)
    pixels, asked = shared.file.read_bytes(), list[tuple[int, int]]()
    assert shared.shape == (60, 8, 8, 3)
    folder.rename(folder.with_name("gone"))
    monkeypatch.setattr(shared_module, "_PART_BYTES", 5000)

    def read(start: int, num_bytes: int) -> bytes:
        asked.append((start, num_bytes))
        return pixels[start : start + num_bytes]

    cache = elsewhere()
    assert same(shared.load(read), split)
    assert asked == [(0, 5000), (5000, 5000), (10000, 1520)]
    assert [file.name for file in cache.iterdir()] == [f"{split.content_hash}.uint8"]
    assert same(shared.load(never), split)


def test_the_same_images_at_the_path_are_decoded_there(folder: Path, elsewhere: Elsewhere) -> None:
    split, shared = shared_split(folder)
    elsewhere()
    assert same(shared.load(never), split)


def test_other_images_at_the_path_are_refused(folder: Path, elsewhere: Elsewhere) -> None:
    split, shared = shared_split(folder)
    (folder / "train/owl/000.png").write_bytes((folder / "train/owl/001.png").read_bytes())
    other = load_split(ImageFolder(path=folder), FIDELITY, split_seed=3)
    cache = elsewhere()
    rule = (
        rf"^data\.path {folder} must be the images of the study \(content hash {split.content_hash[:12]}\) or no folder"
    )
    with pytest.raises(ValueError, match=rf"{rule}\. Got 'content hash {other.content_hash[:12]}' instead\.$"):
        shared.load(never)
    assert [file.suffix for file in cache.iterdir()] == [".json"]


@pytest.mark.parametrize("is_mount_point", [False, True])
def test_no_images_anywhere_is_one_line(is_mount_point: bool, folder: Path, elsewhere: Elsewhere) -> None:
    _, shared = shared_split(folder)
    folder.rename(folder.with_name("gone"))
    if is_mount_point:
        folder.mkdir()

    def read(start: int, num_bytes: int) -> bytes:
        raise FileNotFoundError("no such file")

    cache = elsewhere()
    rule = rf"^data\.path {folder} must be a folder with the images of the study, for those of the search cannot be had"
    with pytest.raises(ValueError, match=rf"{rule}\. Got 'no such file' instead\.$"):
        shared.load(read)
    assert {file.suffix for file in cache.iterdir()} <= {".json"}


def test_a_path_below_home_means_that_of_each_machine(
    folder: Path, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    split, shared = shared_split(Path("~") / folder.name)
    (tmp_path / "home").mkdir()
    folder.rename(tmp_path / "home" / folder.name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    elsewhere()
    assert same(shared.load(never), split)


def test_a_download_is_sent_instead_of_made_again(folder: Path, elsewhere: Elsewhere) -> None:
    split, shared = shared_split(folder)
    shared = replace(shared, data=Cifar(kind="cifar10"))
    elsewhere()
    assert same(shared.load(lambda start, num_bytes: shared.file.read_bytes()[start : start + num_bytes]), split)


def test_an_evaluator_shares_its_images_wherever_a_worker_runs(
    folder: Path, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = load_spec("digits_quickstart")
    assert LocalEvaluator(spec, "cpu").share() is None
    monkeypatch.chdir(folder.parent)
    spec = spec.with_overrides({"data": ImageFolder(path=Path(folder.name)), "fidelity": FIDELITY})
    here = LocalEvaluator(spec, "cpu")
    shared = here.share()
    assert shared is not None
    assert shared.file == pixel_file(here.data_hash)
    monkeypatch.chdir("/")
    elsewhere()
    there = LocalEvaluator(spec, "cpu", images=lambda: shared.load(never))
    assert there.data_hash == here.data_hash
    assert (there.num_classes, there.num_images) == (here.num_classes, here.num_images) == (3, 54)
