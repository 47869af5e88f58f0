"""NetworkDisplay: what searches and refinements show of the networks at hand."""

import logging
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from modsearch.architecture import Architecture
from modsearch.output.live.fault_count import FaultCount
from modsearch.output.live.harmless import harmless
from modsearch.record import Epoch, Score, Trial
from modsearch.search import OUTAGE, Listener
from modsearch.space import StudySpec

_MAX_ROWS = 8
_WIDE = 100  # columns of a terminal


class NetworkDisplay(Listener):
    """A bar for the whole and one for each network at hand on a terminal. Use as a context manager around the work.

    Attributes:
        work: what goes on if something cannot be shown.
        console: where it is shown.
        faults: what failed so far.
        is_broken: something could not be shown.
        rows: number of a trial -> its bar.
    """

    work = "work"

    def __init__(self, spec: StudySpec, console: Console, noun: str, total: int | None, num_epochs: int) -> None:
        self.console = console
        self.faults = FaultCount()
        self.is_broken = False
        self.rows: dict[int, TaskID] = {}
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24 if console.width >= _WIDE else 12),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            speed_estimate_period=float("inf"),  # networks take minutes; the default forgets after 30 seconds
            disable=not console.is_terminal,
        )
        self.whole_bar = self.progress.add_task(noun, total=total, note="")
        self._is_here, self._num_epochs = spec.executor.is_here, num_epochs
        self._log = _Log(self)

    def __enter__(self) -> Self:
        self.progress.start()
        logging.getLogger("modsearch").addHandler(self._log)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("modsearch").removeHandler(self._log)
        for number in list(self.rows):
            self._drop(number)
        self.progress.stop()

    @harmless
    def on_trial(self, number: int, architecture: Architecture) -> None:
        """Show the network that is being timed, or waits for a worker."""
        note = "timing" if self._is_here else "not trained yet"
        is_shown = len(self.rows) < _MAX_ROWS
        self.rows[number] = self.progress.add_task(
            f"  {architecture.id}", total=self._num_epochs, note=note, visible=is_shown
        )

    @harmless
    def on_measured(self, number: int, score: Score) -> None:
        """Show that its training is next."""
        self._show(number, note=f"{score.metrics['params'].value / 1e6:.2f} M parameters")

    @harmless
    def on_epoch(self, number: int, epoch_number: int, epoch: Epoch) -> None:
        """Move the network's bar."""
        self._show(number, completed=epoch_number, note=f"loss {epoch.loss:.3f}, accuracy {epoch.accuracy:.3f}")

    @harmless
    def on_waiting(self, number: int) -> None:
        """Show what is missing."""
        self._show(number, note="trained, timed elsewhere")

    @harmless
    def on_note(self, text: str) -> None:
        """Write it down."""
        self._say(text)

    @harmless
    def on_end(self, trial: Trial) -> None:
        """Write a line about the trial."""
        if trial.state == "failed":
            self.faults.networks.append(trial.reason)
        self._drop(trial.number)
        self.end(trial)
        self._say(self.line(trial))

    def end(self, trial: Trial) -> None:
        """Count a trial that ended."""
        raise NotImplementedError

    def line(self, trial: Trial) -> str:
        """What is written of it."""
        raise NotImplementedError

    def _say(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)

    def _show(self, number: int, **fields: object) -> None:
        """What is new about a network at hand; what comes late about one that has ended is not shown."""
        if number in self.rows:
            self.progress.update(self.rows[number], **fields)  # type: ignore[arg-type]

    def _drop(self, number: int) -> None:
        """Take the bar of a network away, and show that of one that had no room."""
        if number not in self.rows:
            return
        self.progress.remove_task(self.rows.pop(number))
        for task in list(self.rows.values())[:_MAX_ROWS]:
            self.progress.update(task, visible=True)


class _Log(logging.Handler):
    """What is logged while bars are shown is written above them; outages are counted."""

    def __init__(self, display: NetworkDisplay) -> None:
        super().__init__(logging.WARNING)
        self.display = display

    def emit(self, record: logging.LogRecord) -> None:
        self.display.on_note(record.getMessage())
        if outage := getattr(record, OUTAGE, ""):
            self.display.faults.outages[outage] += 1
