import re
from pathlib import Path
from typing import Any

import pytest
import torch

from modsearch.images import Images, Split, load_split
from modsearch.space import Digits, Fidelity, ImageFolder
from tests.images.conftest import MakeImages


def _fidelity(**changes: Any) -> Fidelity:
    return Fidelity(**{"image_size": 8, "epochs": 1, **changes})


def _images(images: Images) -> set[bytes]:
    return {pixels_HWC.numpy().tobytes() for pixels_HWC in images.pixels_NHWC}


def test_split_is_stratified_and_disjoint(folder: Path) -> None:
    split = load_split(ImageFolder(path=folder), _fidelity(), split_seed=0)
    assert split.class_names == ("cat", "dog", "owl")
    assert split.train.labels_N.bincount().tolist() == [18, 27, 9]
    assert split.validation.labels_N.bincount().tolist() == [2, 3, 1]
    assert split.train.pixels_NHWC.shape == (54, 8, 8, 3)
    assert split.train.pixels_NHWC.dtype == torch.uint8
    assert split.train.labels_N.dtype == torch.int64
    assert (len(split.train), len(split.validation)) == (54, 6)
    train, validation = _images(split.train), _images(split.validation)
    assert not train & validation
    assert len(train | validation) == 60


def test_split_is_the_same_for_the_same_seed_only() -> None:
    first, again, other = (load_split(Digits(), _fidelity(), split_seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.train.pixels_NHWC, again.train.pixels_NHWC)
    assert torch.equal(first.validation.pixels_NHWC, again.validation.pixels_NHWC)
    assert first.content_hash == again.content_hash
    assert not torch.equal(first.validation.pixels_NHWC, other.validation.pixels_NHWC)
    assert first.content_hash != other.content_hash


def test_digits_need_no_cache(cache: Path) -> None:
    split = load_split(Digits(), _fidelity(), split_seed=0)
    assert (len(split.train), len(split.validation)) == (1797 - 179, 179)
    assert not cache.exists()


def test_fidelity_selects_classes_and_images() -> None:
    split = load_split(Digits(), _fidelity(classes=3, images_per_class=5), split_seed=0)
    assert split.class_names == ("0", "1", "2")
    assert split.train.labels_N.tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert split.validation.labels_N.bincount().tolist() == [5, 5, 5]


def test_smaller_fidelity_is_part_of_a_larger_one() -> None:
    few, more, full = (load_split(Digits(), _fidelity(images_per_class=num), 0) for num in (10, 50, None))
    for part in (lambda split: _images(split.train), lambda split: _images(split.validation)):
        assert part(few) < part(more) <= part(full)


def test_smallest_class_gives_one_image_to_each_part(tmp_path: Path, make_images: MakeImages) -> None:
    for name in ("cat", "dog"):
        make_images(tmp_path / "data" / name, 2)
    split = load_split(ImageFolder(path=tmp_path / "data"), _fidelity(), split_seed=0)
    assert split.train.labels_N.tolist() == split.validation.labels_N.tolist() == [0, 1]


def test_class_must_have_two_images(tmp_path: Path, make_images: MakeImages) -> None:
    make_images(tmp_path / "data/cat", 2)
    make_images(tmp_path / "data/dog", 1)
    with pytest.raises(ValueError, match=r"^data: class 'dog' must be of at least 2 images\. Got 1 instead\.$"):
        load_split(ImageFolder(path=tmp_path / "data"), _fidelity(), split_seed=0)


def test_classes_must_be_there() -> None:
    expected = "fidelity.classes must be at most 10, the classes of the data. Got 11 instead."
    with pytest.raises(ValueError, match=re.escape(expected)):
        load_split(Digits(), _fidelity(classes=11), split_seed=0)


def test_images_per_class_must_be_there(folder: Path) -> None:
    expected = "fidelity.images_per_class must be at most 9, the training images of class 'owl'. Got 10 instead."
    with pytest.raises(ValueError, match=re.escape(expected)):
        load_split(ImageFolder(path=folder), _fidelity(images_per_class=10), split_seed=0)


def test_mean_and_std_are_of_each_channel() -> None:
    pixels_NHWC = torch.randint(0, 256, (300, 9, 9, 3), dtype=torch.uint8, generator=torch.manual_seed(0))
    pixels_NHWC[..., 1] = 7
    mean_C, std_C = Images(pixels_NHWC, torch.zeros(300, dtype=torch.int64)).mean_std
    x_PC = pixels_NHWC.view(-1, 3).double()
    assert torch.allclose(mean_C, x_PC.mean(0))
    assert torch.allclose(std_C[::2], x_PC.std(0, correction=0)[::2])
    assert std_C[1] == 1  # a constant channel


def test_split_is_a_value() -> None:
    split = load_split(Digits(), _fidelity(images_per_class=1), split_seed=0)
    assert isinstance(split, Split)
    with pytest.raises(AttributeError):
        split.content_hash = "other"  # type: ignore[misc]
