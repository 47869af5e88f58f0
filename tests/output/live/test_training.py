"""The live display of a training, on terminals and elsewhere."""

import re
from contextlib import suppress
from io import StringIO

import pytest
from rich.console import Console

from modsearch.output import TrainingDisplay
from modsearch.output.live.pace import Pace
from modsearch.record import Epoch

EPOCH = Epoch(loss=1.2344, accuracy=0.567, seconds=2.0)


class Clock:
    """Time as a test tells it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("modsearch.output.live.pace.monotonic", clock)
    return clock


def display(is_terminal: bool = False, width: int = 80, num_epochs: int = 3, num_steps: int = 4) -> TrainingDisplay:
    """Of batches of 256 images."""
    return TrainingDisplay(console(is_terminal, width), "a1b2", num_epochs, num_steps, 256)


def console(is_terminal: bool, width: int) -> Console:
    return Console(file=StringIO(), force_terminal=is_terminal, width=width, color_system=None)


def written(shown: TrainingDisplay) -> list[str]:
    file = shown.progress.console.file
    assert isinstance(file, StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", file.getvalue()).splitlines()


def bars(shown: TrainingDisplay) -> list[str]:
    """The bars as they would be drawn now."""
    drawn = console(True, shown.progress.console.width)
    drawn.print(shown.progress.get_renderable())
    assert isinstance(drawn.file, StringIO)
    return drawn.file.getvalue().rstrip("\n").splitlines()


def run(shown: TrainingDisplay, clock: Clock, epochs: range, epoch: Epoch = EPOCH, num_steps: int = 4) -> None:
    """Epochs of steps of half a second."""
    for number in epochs:
        for step in range(1, num_steps + 1):
            clock.now += 0.5
            shown.on_step(number, step)
        shown.on_epoch(number, epoch)


def test_a_line_an_epoch_without_a_terminal(clock: Clock) -> None:
    with display() as shown:
        run(shown, clock, range(1, 4))
    assert written(shown) == [
        "training a1b2: 3 epochs of 4 steps",
        "epoch 1 of 3: loss 1.234, accuracy 0.567, 512 images/s, 4 s left",
        "epoch 2 of 3: loss 1.234, accuracy 0.567, 512 images/s, 2 s left",
        "epoch 3 of 3: loss 1.234, accuracy 0.567, 512 images/s",
    ]


def test_without_validation_images_there_is_no_accuracy(clock: Clock) -> None:
    with display(num_epochs=1, num_steps=1) as shown:
        run(shown, clock, range(1, 2), EPOCH.model_copy(update={"accuracy": None}), num_steps=1)
    assert written(shown) == ["training a1b2: 1 epoch of 1 step", "epoch 1 of 1: loss 1.234, 128 images/s"]


@pytest.mark.parametrize("is_terminal", [False, True])
def test_earlier_epochs_are_one_line(clock: Clock, is_terminal: bool) -> None:
    with display(is_terminal, num_epochs=9) as shown:
        for number in range(1, 8):
            shown.on_epoch(number, EPOCH)
        assert not any("epoch 7" in line for line in written(shown))
        run(shown, clock, range(8, 9))
    text = "\n".join(written(shown))
    assert text.count("goes on after epoch 7") == 1
    assert "epoch 7 of 9" not in text
    assert ("epoch 8 of 9: loss" in text) != is_terminal


def test_a_start_amid_an_epoch_says_where(clock: Clock) -> None:
    with display() as shown:
        shown.on_epoch(1, EPOCH)
        shown.on_step(2, 4)
    assert written(shown)[1:] == ["goes on after epoch 1 and 3 steps"]
    with display() as shown:
        shown.on_step(1, 2)
    assert written(shown)[1:] == ["goes on after 1 step"]


def test_a_training_that_was_done_says_so() -> None:
    with display() as shown:
        for number in range(1, 4):
            shown.on_epoch(number, EPOCH)
    assert written(shown)[1:] == ["all 3 epochs were trained before"]


def test_an_error_is_not_called_done() -> None:
    shown = display()
    with suppress(KeyboardInterrupt), shown:
        shown.on_epoch(1, EPOCH)
        raise KeyboardInterrupt
    assert written(shown) == ["training a1b2: 3 epochs of 4 steps"]


@pytest.mark.parametrize("width", [80, 120])
def test_bars_on_a_terminal(clock: Clock, width: int) -> None:
    with display(True, width, num_epochs=1500, num_steps=12_000) as shown:
        shown.on_epoch(1, EPOCH.model_copy(update={"loss": 123.456}))
        shown.on_step(2, 1)
        clock.now += 10.0
        shown.on_step(2, 101)
        epochs, steps = bars(shown)
    assert "1/1500" in epochs
    assert "loss 123.456, accuracy 0.567" in epochs
    assert "20.8 days left" in epochs  # 10 steps a second, of 12,000 x 1499 all but 101
    assert "101/12000" in steps
    assert "2,560 images/s" in steps
    assert all(len(line) <= width and "…" not in line for line in (epochs, steps))


def test_the_bar_of_the_steps_begins_again(clock: Clock) -> None:
    with display(True) as shown:
        run(shown, clock, range(1, 2))
        assert "4/4" in bars(shown)[1]
        clock.now += 60.0  # judging
        shown.on_step(2, 1)
        epochs, steps = bars(shown)
        assert "1/3" in epochs
        assert "1/4" in steps
        clock.now += 0.5
        shown.on_step(2, 2)
        assert "512 images/s" in bars(shown)[1]  # the time between epochs is none of training's
        assert "74 s left" in bars(shown)[0]  # but it comes again: 62 s for 5 steps, and 6 to come


def test_steps_are_shown_now_and_then(clock: Clock) -> None:
    with display(True, num_steps=1000) as shown:
        for step, now, is_shown in (
            (1, 0.0, True),
            (2, 0.1, False),
            (3, 0.25, True),
            (4, 0.3, False),
            (1000, 0.31, True),
        ):
            clock.now = 1000.0 + now
            shown.on_step(1, step)
            assert (f" {step}/1000" in bars(shown)[1]) == is_shown


def test_an_error_of_the_display_ends_no_training(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with display() as shown:

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("no screen")

        monkeypatch.setattr(shown.progress, "update", fail)
        run(shown, clock, range(1, 3))
        monkeypatch.undo()
    assert shown.is_broken
    assert capsys.readouterr().err == (
        "modsearch: The display is incomplete (RuntimeError: no screen). The training goes on.\n"
    )


@pytest.mark.parametrize(
    ("steps", "left_s"),
    [
        ([], None),
        ([(1, 1)], None),  # nothing was timed yet
        ([(1, 1), (1, 2)], 6.0),
        ([(1, 3), (1, 4), (2, 1)], 3.0),
        ([(2, 3), (2, 4)], None),  # nothing is left
    ],
)
def test_the_time_left_is_that_of_the_steps_left(
    clock: Clock, steps: list[tuple[int, int]], left_s: float | None
) -> None:
    """Two epochs of four steps, one a second."""
    pace = Pace(2, 4, 256)
    for epoch_number, step in steps:
        clock.now += 1.0
        pace.step(epoch_number, step)
    assert pace.left_s() == left_s
