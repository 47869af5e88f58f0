"""The live display of a training: epoch, loss, accuracy, images a second, time left."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from modsearch.output.live.harmless import harmless
from modsearch.output.live.pace import Pace
from modsearch.output.quantity import show_duration
from modsearch.record import Epoch

_PAUSE_S = 0.2  # between two changes of the bars
_WIDE = 100  # columns of a terminal


class TrainingDisplay:
    """Two bars on a terminal, for the epochs and for the steps of one; a line an epoch where there is none.

    Use as a context manager around one training. Epochs that are told before the first step are those of an earlier
    start, with which this one goes on.

    Args:
        console: where it is shown.
        name: of the network.
        num_epochs: that it is trained for.
        num_steps: of an epoch.
        images_per_step: of all processes together.

    Attributes:
        work: what goes on if something cannot be shown.
        is_broken: something could not be shown.
    """

    work = "training"

    def __init__(self, console: Console, name: str, num_epochs: int, num_steps: int, images_per_step: int) -> None:
        self.is_broken = False
        self._console = console
        self._name = name
        self._num_epochs = num_epochs
        self._num_steps = num_steps
        self._images_per_epoch = num_steps * images_per_step
        self._pace = Pace(num_epochs, num_steps, images_per_step)
        self._num_earlier = 0
        self._is_going = False
        self._due = 0.0
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24 if console.width >= _WIDE else 8),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._epochs_bar = self.progress.add_task("epochs", total=num_epochs, note="", left="")
        self._steps_bar = self.progress.add_task("steps", total=num_steps, note="", left="")

    def __enter__(self) -> "TrainingDisplay":
        self._start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stop(is_done=kind is None)

    @harmless
    def on_epoch(self, number: int, epoch: Epoch) -> None:
        """Move the bar of the epochs, or write a line."""
        note = _words(epoch)
        left = f"{show_duration(left_s)} left" if (left_s := self._pace.left_s()) is not None else ""
        self.progress.update(self._epochs_bar, completed=number, note=note, left=left)
        if not self._is_going:
            self._num_earlier = number
            return
        if not self._console.is_terminal:
            rate = f"{self._images_per_epoch / max(epoch.seconds, 1e-9):,.0f} images/s"
            rest = ", ".join(part for part in (note, rate, left) if part)
            self._say(f"epoch {number} of {self._num_epochs}: {rest}")

    @harmless
    def on_step(self, epoch_number: int, step: int) -> None:
        """Move the bar of the steps, now and then."""
        now = self._pace.step(epoch_number, step)
        if not self._is_going:
            self._go_on(step)
        if now >= self._due or step == self._num_steps:
            self._due = now + _PAUSE_S
            self._show_steps(step, now)

    @harmless
    def _start(self) -> None:
        self._say(f"training {self._name}: {_num(self._num_epochs, 'epoch')} of {_num(self._num_steps, 'step')}")
        self.progress.start()

    @harmless
    def _stop(self, is_done: bool) -> None:
        if is_done and not self._is_going and self._num_earlier:
            self._say(f"all {_num(self._num_earlier, 'epoch')} were trained before")
        self.progress.stop()

    def _go_on(self, step: int) -> None:
        """The first step of this start: what was there before it is said."""
        self._is_going = True
        before = [f"epoch {self._num_earlier}"] if self._num_earlier else []
        before += [_num(step - 1, "step")] if step > 1 else []
        if before:
            self._say(f"goes on after {' and '.join(before)}")

    def _show_steps(self, step: int, now: float) -> None:
        if step < self.progress.tasks[self._steps_bar].completed:
            self.progress.reset(self._steps_bar)
        rate, left_s = self._pace.images_per_second(step, now), self._pace.left_s()
        fields = {} if rate is None else {"note": f"{rate:,.0f} images/s"}
        self.progress.update(self._steps_bar, completed=step, **fields)  # type: ignore[arg-type]
        if left_s is not None:
            self.progress.update(self._epochs_bar, left=f"{show_duration(left_s)} left")

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, soft_wrap=True, markup=False)


def _words(epoch: Epoch) -> str:
    """Such as ``loss 1.234, accuracy 0.567``."""
    accuracy = "" if epoch.accuracy is None else f", accuracy {epoch.accuracy:.3f}"
    return f"loss {epoch.loss:.3f}{accuracy}"


def _num(num: int, what: str) -> str:
    return f"{num:,} {what}{'s' * (num != 1)}"
