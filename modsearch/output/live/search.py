"""The live display of a search: the networks at hand and their epochs, front size, hypervolume, time left."""

import logging

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
from modsearch.search import OUTAGE, Header, Listener
from modsearch.statistic import hypervolume, pareto_front

_MAX_ROWS = 8
_WIDE = 100  # columns of a terminal


class SearchDisplay(Listener):
    """A bar for the search and one for each network at hand on a terminal, and a line for each trial that ended.

    Only the lines where there is no terminal. Use as a context manager around the search.

    Attributes:
        faults: what failed so far.
        is_broken: something could not be shown.
    """

    work = "search"

    def __init__(self, header: Header, console: Console) -> None:
        self.header = header
        self.console = console
        self.faults = FaultCount()
        self.is_broken = False
        self.points: dict[str, tuple[float, ...]] = {}
        self.screened: set[str] = set()
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
        self.trials_bar = self.progress.add_task("networks", total=header.spec.budget.trials, note="")
        self._log = _Log(self)

    def __enter__(self) -> "SearchDisplay":
        self.progress.start()
        logging.getLogger("modsearch").addHandler(self._log)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("modsearch").removeHandler(self._log)
        for number in list(self.rows):
            self._drop(number)
        self.progress.stop()

    @harmless
    def on_start(self, trials: list[Trial]) -> None:
        """Say how quiet the machine is, and count what an earlier search has found."""
        for name in self.header.self_check:
            self.console.print(self._self_check(name), highlight=False, soft_wrap=True)
        for trial in trials:
            self._keep(trial)
        if self.points:
            self.console.print(f"going on after {len(self.points)} trained networks")
        self._show_front()

    @harmless
    def on_trial(self, number: int, architecture: Architecture) -> None:
        """Show the network that is being timed, or waits for a worker."""
        note = "timing" if self.header.spec.executor.is_here else "not trained yet"
        epochs = self.header.spec.fidelity.epochs
        is_shown = len(self.rows) < _MAX_ROWS
        self.rows[number] = self.progress.add_task(f"  {architecture.id}", total=epochs, note=note, visible=is_shown)

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
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)

    def on_header(self, header: Header) -> None:
        """Measure the hypervolume from the corner that was fixed."""
        self.header = header

    @harmless
    def on_end(self, trial: Trial) -> None:
        """Write a line about the trial."""
        if trial.state == "failed":
            self.faults.networks.append(trial.reason)
        self._drop(trial.number)
        self._keep(trial)
        self._show_front()
        self.console.print(self._line(trial), highlight=False, soft_wrap=True, markup=False)

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

    def _self_check(self, name: str) -> str:
        """What the reference gave beside itself, and a warning where that is not 1 as exactly as ratios are wanted."""
        spec, check = self.header.spec, self.header.self_check[name]
        place = name.partition("@")[2] or next(iter(spec.deployments))
        wanted = spec.timing.half_width_for(spec.deployments[place])
        is_noisy = abs(check.value - 1) > wanted or (check.high - check.low) / 2 > wanted
        machine = spec.deployments[place].host or "this machine"
        rule = f": {machine} is too noisy to trust, 1.000 within {100 * wanted:g} % is wanted" if is_noisy else ""
        text = f"{name} of {spec.reference} against itself: {check.value:.3f} ({check.low:.3f} to {check.high:.3f})"
        return text + rule

    def _keep(self, trial: Trial) -> None:
        if trial.state == "complete" and trial.architecture is not None and trial.score is not None:
            self.points.setdefault(trial.architecture.id, trial.score.values(self.header.spec.objectives))
        if trial.is_screened and trial.architecture is not None:
            self.screened.add(trial.architecture.id)

    def _corner(self) -> tuple[float, ...]:
        """That of the header, or with the worst accuracy so far until it is fixed."""
        index = self.header.spec.objectives.index("accuracy")
        return self.header.corner([point[index] for point in self.points.values()])

    def _show_front(self) -> None:
        values, directions = list(self.points.values()), self.header.spec.directions
        volume = hypervolume(values, directions, self._corner())
        note = f"front {len(pareto_front(values, directions))}, hypervolume {volume:.4f}"
        self.progress.update(self.trials_bar, completed=len(values) + len(self.screened), note=note)

    def _line(self, trial: Trial) -> str:
        network = trial.architecture.describe() if trial.architecture else ""
        start = f"{trial.number:>4} {trial.state:<8}"
        if trial.state != "complete" or trial.score is None:
            return f"{start} {trial.reason}  {network}"
        names = self.header.spec.objectives
        values = "  ".join(f"{name} {value:.4g}" for name, value in zip(names, trial.score.values(names), strict=True))
        return f"{start} {values}  {network}  ({trial.seconds:.0f} s)"


class _Log(logging.Handler):
    """What is logged while bars are shown is written above them; outages are counted."""

    def __init__(self, display: SearchDisplay) -> None:
        super().__init__(logging.WARNING)
        self.display = display

    def emit(self, record: logging.LogRecord) -> None:
        self.display.on_note(record.getMessage())
        if outage := getattr(record, OUTAGE, ""):
            self.display.faults.outages[outage] += 1
