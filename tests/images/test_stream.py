"""Streamed images: the same for any workers, processes and place to go on from; validation as in a search."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from torch import Tensor

from modsearch.images import Batch, Batches, Share, load_split
from modsearch.images.batch import Batches as InMemory
from modsearch.images.feed import WHOLE, Feed
from modsearch.images.split import choose
from modsearch.images.stream import Stream, sample_mean_std
from modsearch.space import Data, Digits, ImageFolder, Recipe
from tests.images.conftest import MakeImages

CPU = torch.device("cpu")
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")  # more workers than CPUs

SIZES = [8, 80]
"""Of padded and of resized crops."""


@pytest.fixture
def photographs(tmp_path: Path, make_images: MakeImages) -> Path:
    """12 cats and 12 dogs of several sizes, as JPEG and PNG."""
    for name in ("cat", "dog"):
        make_images(tmp_path / "photographs" / name / "a", 6, (120, 90), "jpg")
        make_images(tmp_path / "photographs" / name / "b", 6, (97, 111), "png")
    return tmp_path / "photographs"


def recipe(**changes: Any) -> Recipe:
    values = {"epochs": 1, "batch_size": 4, "learning_rate": 0.1, "schedule": {"kind": "one_cycle"}, "image_size": 80}
    return Recipe(**{**values, "trivial_augment": True, **changes})


def stream(data: Data | Path, seed: int = 0, share: Share = WHOLE, **changes: Any) -> Stream:
    own, chosen = recipe(**changes), ImageFolder(path=data) if isinstance(data, Path) else data
    choice = choose(chosen, own, 0)
    return Stream(choice, sample_mean_std(choice), own, CPU, seed, share)


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """None, unless a test asks for some."""

    def use(number: int) -> None:
        monkeypatch.setattr("modsearch.images.reader.num_workers", lambda: number)

    use(0)
    return use


def same(first: Iterator[Batch], second: Iterator[Batch]) -> bool:
    pairs = list(zip(first, second, strict=True))
    return all(torch.equal(x, x2) and torch.equal(y, y2) for (x, y), (x2, y2) in pairs)


def images(batches: Iterator[Batch]) -> Tensor:
    return torch.cat([x_BCHW for x_BCHW, _ in batches])


@pytest.mark.parametrize("size", SIZES)
def test_batches_have_their_layout(photographs: Path, size: int) -> None:
    x_BCHW, labels_B = next(stream(photographs, image_size=size).epoch(0))
    assert (x_BCHW.shape, x_BCHW.dtype) == ((4, 3, size, size), torch.float32)
    assert x_BCHW.is_contiguous(memory_format=torch.channels_last)
    assert (labels_B.shape, labels_B.dtype) == ((4,), torch.int64)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_workers_make_no_difference(photographs: Path, size: int, workers: Any) -> None:
    alone, together = (stream(photographs, image_size=size) for _ in range(2))
    expected = [list(alone.epoch(index)) for index in range(2)]
    judged = list(alone.validation_batches())
    workers(2)
    for index in range(2):
        assert same(iter(expected[index]), together.epoch(index))
        assert same(iter(judged), together.validation_batches())


@pytest.mark.slow
def test_passes_may_be_left_and_may_overlap(photographs: Path, workers: Any) -> None:
    alone, together = (stream(photographs) for _ in range(2))
    expected = list(alone.epoch(0))
    workers(2)
    next(together.epoch(1))
    passing = together.epoch(0)
    found = [next(passing)]
    assert same(alone.validation_batches(), together.validation_batches())
    assert same(iter(expected), chain(found, passing))


@pytest.mark.slow
def test_no_worker_is_left_behind(photographs: Path, workers: Any) -> None:
    def others() -> set[int]:
        return {child.pid for child in psutil.Process().children(recursive=True)}

    workers(1)
    list(stream(photographs).epoch(0))  # the server that forks them stays
    gc.collect()
    before = others()
    workers(2)
    feed = stream(photographs)
    list(feed.epoch(0))
    assert len(others() - before) == 2
    del feed
    gc.collect()
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in others() - before], timeout=10)
    assert not alive


@pytest.mark.parametrize("size", SIZES)
def test_seed_epoch_and_image_decide_all_draws(photographs: Path, size: int) -> None:
    first, again, other = (stream(photographs, seed, image_size=size) for seed in (5, 5, 6))
    torch.manual_seed(1)
    expected = list(first.epoch(3))
    torch.manual_seed(2)
    assert same(iter(expected), again.epoch(3))
    assert not same(iter(expected), first.epoch(4))
    assert not same(iter(expected), other.epoch(3))


def test_an_image_is_drawn_alike_in_any_batch(photographs: Path) -> None:
    few, many = (images(stream(photographs, batch_size=size).epoch(0)) for size in (2, 11))
    assert torch.equal(few, many)


def test_every_epoch_draws_anew(photographs: Path) -> None:
    feed = stream(photographs, batch_size=22)
    (one, _), (two, _) = next(feed.epoch(0)), next(feed.epoch(1))
    kept = [any(torch.equal(x_CHW, y_CHW) for y_CHW in two) for x_CHW in one]
    assert not any(kept)


def test_drawing_leaves_the_draws_of_a_training_alone(photographs: Path) -> None:
    feed = stream(photographs)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(feed.epoch(0))
    list(feed.validation_batches())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("start", [0, 1, 4, 5])
def test_a_training_goes_on_where_it_was_left(photographs: Path, start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = stream(photographs)
    expected = list(feed.epoch(1))
    assert len(expected) == feed.num_batches == 5
    read: list[Path] = []
    monkeypatch.setattr("modsearch.images.preparation.Preparation._read", _spied(read))
    assert same(iter(expected[start:]), feed.epoch(1, start))
    assert len(read) == 4 * (5 - start)


def _spied(read: list[Any]) -> Any:
    from modsearch.images.preparation import Preparation

    original = Preparation._read

    def spy(self: Preparation, picture: Any) -> Any:
        read.append(picture)
        return original(self, picture)

    return spy


@pytest.mark.parametrize("accumulate", [1, 2])
def test_parts_of_processes_are_the_batches_of_one(photographs: Path, accumulate: int) -> None:
    whole = stream(photographs)
    parts = [list(stream(photographs, share=Share(rank, 2, accumulate)).epoch(0)) for rank in range(2)]
    steps = zip(*(zip(*[iter(own)] * accumulate, strict=True) for own in parts), strict=True)
    for (x_BCHW, labels_B), step in zip(whole.epoch(0), steps, strict=True):
        own = [part for rank in step for part in rank]
        assert torch.equal(x_BCHW, torch.cat([x for x, _ in own]))
        assert torch.equal(labels_B, torch.cat([labels for _, labels in own]))


def test_a_process_may_have_no_image_of_a_batch(photographs: Path) -> None:
    share = Share(rank=29, size=30)
    assert [len(labels_B) for _, labels_B in stream(photographs, share=share).epoch(0)] == [0] * 5
    assert not list(stream(photographs, share=share).validation_batches())


@pytest.mark.parametrize("batch_size", [22, 100])
def test_order_is_that_of_images_in_memory(photographs: Path, batch_size: int) -> None:
    """An incomplete batch is trained on where it is the only one."""
    own = recipe(image_size=80, batch_size=batch_size)
    feeds: list[Feed] = [
        stream(photographs, 3, batch_size=batch_size),
        Batches(load_split(ImageFolder(path=photographs), own, 0), own, CPU, 3),
    ]
    first, second = ([labels_B for _, labels_B in feed.epoch(1)] for feed in feeds)
    assert len(first) == len(second) == feeds[0].num_batches == feeds[1].num_batches == 1
    assert torch.equal(first[0], second[0])
    assert [feed.step_seed(1, 2, 3) for feed in feeds] == [feeds[0].step_seed(1, 2, 3)] * 2


@pytest.mark.parametrize("size", [8, 64, 80])
@pytest.mark.parametrize("share", [WHOLE, Share(1, 2)])
@pytest.mark.parametrize("stride", [1, 2])
def test_validation_is_that_of_images_in_memory(photographs: Path, size: int, share: Share, stride: int) -> None:
    own = recipe(image_size=size, validation=0.3)
    batches = InMemory(load_split(ImageFolder(path=photographs), own, 0), own, CPU, 0, share=share)
    streamed = stream(photographs, share=share, image_size=size, validation=0.3)
    assert same(batches.validation_batches(stride), streamed.validation_batches(stride))
    assert streamed.num_validation == batches.num_validation == 8


def test_without_augmentation_training_images_are_the_middle_too(photographs: Path) -> None:
    own = recipe(augment=False, trivial_augment=False)
    batches = InMemory(load_split(ImageFolder(path=photographs), own, 0), own, CPU, 0)
    assert same(batches.epoch(2), stream(photographs, augment=False, trivial_augment=False).epoch(2))


def test_images_without_a_file_are_streamed_from_memory() -> None:
    own = recipe(image_size=8, batch_size=100)
    batches = InMemory(load_split(Digits(), own, 0), own, CPU, 0)
    feed = stream(Digits(), image_size=8, batch_size=100)
    assert same(batches.validation_batches(), feed.validation_batches())
    assert feed.num_batches == batches.num_batches
    first, second = (next(either.epoch(0)) for either in (feed, batches))
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], second[0])


def test_other_pictures_are_judged(photographs: Path) -> None:
    choice = choose(ImageFolder(path=photographs), recipe(), 0)
    table = choice.selection
    feed = stream(photographs)
    other = feed.judging(replace(table, pictures=table.pictures[-2:], labels=table.labels[-2:]))
    assert same(feed.validation_batches(), other.validation_batches())
    assert same(feed.epoch(0), other.epoch(0))
    other = feed.judging(replace(table, pictures=table.pictures[:3], labels=[1, 0, 1]))
    ((x_BCHW, labels_B),) = other.validation_batches()
    assert labels_B.tolist() == [1, 0, 1]
    assert (x_BCHW.shape, other.num_validation) == ((3, 3, 80, 80), 3)


@pytest.mark.parametrize("number", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_a_broken_file_is_named_in_one_line(photographs: Path, number: int, workers: Any) -> None:
    feed = stream(photographs, validation=0)
    file = photographs / "cat/a/003.jpg"
    file.write_bytes(file.read_bytes()[:-300])
    workers(number)
    for _ in range(2):  # it is said again by those who are asked again
        with pytest.raises(ValueError, match=rf"^{file} must be an image that can be read\. Got [^\n]* instead\.$"):
            list(feed.epoch(0))


def test_a_broken_file_is_named_before_the_first_epoch_where_it_is_looked_at(photographs: Path) -> None:
    (photographs / "cat/a/003.jpg").write_bytes(b"not an image")
    with pytest.raises(ValueError, match=r"/cat/a/003\.jpg must be an image that can be read"):
        stream(photographs, validation=0)


def test_mean_and_deviation_are_those_of_images_in_memory(photographs: Path) -> None:
    own, data = recipe(), ImageFolder(path=photographs)
    split, found = load_split(data, own, 0), sample_mean_std(choose(data, own, 0))
    assert all(torch.equal(*pair) for pair in zip(split.train.mean_std, found, strict=True))


def test_of_many_images_some_are_looked_at(photographs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.images.stream._NUM_SAMPLED", 4)
    told: list[tuple[int, int]] = []
    choice = choose(ImageFolder(path=photographs), recipe(validation=0), 0)
    looked_at = [choice.selection.pictures[index] for index in (0, 6, 12, 18)]
    few = replace(choice, selection=replace(choice.selection, pictures=looked_at, labels=[0, 0, 1, 1]), num_train=4)
    found = sample_mean_std(choice, lambda done, number: told.append((done, number)))
    assert all(torch.equal(*pair) for pair in zip(found, sample_mean_std(few), strict=True))
    assert told == [(4, 4)]


@pytest.mark.gpu
@pytest.mark.slow
def test_gpu_gives_the_batches_of_the_cpu(photographs: Path, workers: Any) -> None:
    expected = stream(photographs)
    workers(2)
    own = recipe()
    choice = choose(ImageFolder(path=photographs), own, 0)
    feed = Stream(choice, sample_mean_std(choice), own, torch.device("cuda"), 0)
    for (x, labels), (y, labels_2) in zip(feed.epoch(0), expected.epoch(0), strict=True):
        assert x.device.type == labels.device.type == "cuda"
        assert torch.equal(labels.cpu(), labels_2)
        assert torch.allclose(x.cpu(), y, atol=1e-4)
