"""TensorBoard events, read back by TensorBoard."""

import logging
import os
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from modsearch.record import Epoch
from modsearch.training.events import Events, check_tensorboard

CURVE = (Epoch(loss=2.0, accuracy=0.25, seconds=2.0), Epoch(loss=0.5, accuracy=0.75, seconds=4.0))


def write(folder: Path, curve: tuple[Epoch, ...]) -> None:
    with Events(folder, num_images=1000) as events:
        for number, epoch in enumerate(curve, 1):
            events.on_epoch(number, epoch)


def read(folder: Path) -> dict[str, list[tuple[int, float]]]:
    found = EventAccumulator(str(folder / "events"))
    found.Reload()
    return {tag: [(event.step, event.value) for event in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def test_an_epoch_has_loss_accuracy_and_pace(tmp_path: Path) -> None:
    write(tmp_path, CURVE)
    assert read(tmp_path) == {
        "loss": [(1, 2.0), (2, 0.5)],
        "validation_accuracy": [(1, 0.25), (2, 0.75)],
        "images_per_second": [(1, 500.0), (2, 250.0)],
    }


def test_without_validation_images_there_is_no_accuracy(tmp_path: Path) -> None:
    write(tmp_path, (CURVE[0].model_copy(update={"accuracy": None}),))
    assert set(read(tmp_path)) == {"loss", "images_per_second"}


def test_a_training_that_goes_on_tells_each_epoch_once(tmp_path: Path) -> None:
    write(tmp_path, CURVE[:1])
    write(tmp_path, CURVE)
    assert read(tmp_path)["loss"] == [(1, 2.0), (2, 0.5)]
    assert len(list((tmp_path / "events").iterdir())) == 1


def test_an_epoch_can_be_read_while_the_training_goes_on(tmp_path: Path) -> None:
    with Events(tmp_path, num_images=1000) as events:
        events.on_epoch(1, CURVE[0])
        assert read(tmp_path)["loss"] == [(1, 2.0)]


def test_nothing_is_touched_before_the_first_epoch(tmp_path: Path) -> None:
    """A training wants a new or empty folder."""
    with Events(tmp_path / "out", num_images=1000):
        assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out").exists()


def test_events_that_cannot_be_written_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Events(tmp_path, num_images=1000) as events, caplog.at_level(logging.WARNING):
        events.on_epoch(1, CURVE[0])
        assert events._writer is not None

        def fail(*_: object) -> None:
            raise OSError(28, os.strerror(28))

        monkeypatch.setattr(events._writer, "add_scalar", fail)
        for number in (2, 3):
            events.on_epoch(number, CURVE[1])
    (message,) = caplog.messages
    assert message == (
        "TensorBoard events cannot be written any more ([Errno 28] No space left on device). The training goes on."
    )
    assert read(tmp_path)["loss"] == [(1, 2.0)]


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.training.events.find_spec", lambda name: None)
    for ask in (check_tensorboard, lambda: Events(tmp_path, num_images=1000)):
        with pytest.raises(ValueError, match=r"pip install 'modsearch\[tensorboard\]'"):
            ask()
