"""The live display of a search: current trial and epoch, front size, hypervolume, time left."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from modsearch.architecture import Architecture
from modsearch.record import Epoch, Score, Trial, hypervolume, pareto_front
from modsearch.search import Header, Listener


class SearchDisplay(Listener):
    """Two bars on a terminal, and a line for each trial that ended; only the lines where there is no terminal.

    Use as a context manager around the search.
    """

    def __init__(self, header: Header, console: Console) -> None:
        self.header = header
        self.console = console
        self.points: dict[str, tuple[float, ...]] = {}
        self.screened: set[str] = set()
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            speed_estimate_period=float("inf"),  # networks take minutes; the default forgets after 30 seconds
            disable=not console.is_terminal,
        )
        budget, epochs = header.spec.budget.trials, header.spec.fidelity.epochs
        self.trials_bar = self.progress.add_task("networks", total=budget, note="")
        self.epochs_bar = self.progress.add_task("  epochs", total=epochs, note="", start=False)

    def __enter__(self) -> "SearchDisplay":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def on_start(self, trials: list[Trial]) -> None:
        """Say how quiet the machine is, and count what an earlier search has found."""
        for name in self.header.self_check:
            self.console.print(self._self_check(name), highlight=False, soft_wrap=True)
        for trial in trials:
            self._keep(trial)
        if self.points:
            self.console.print(f"going on after {len(self.points)} trained networks")
        self._show_front()

    def on_trial(self, number: int, architecture: Architecture) -> None:
        """Show the network that is being timed."""
        self.progress.reset(self.epochs_bar, note=f"timing {architecture.id}")

    def on_measured(self, number: int, score: Score) -> None:
        """Show that training begins."""
        self.progress.update(self.epochs_bar, note=f"training, {score.metrics['params'].value / 1e6:.2f} M parameters")

    def on_epoch(self, number: int, epoch_number: int, epoch: Epoch) -> None:
        """Move the epoch bar."""
        note = f"loss {epoch.loss:.3f}, accuracy {epoch.accuracy:.3f}"
        self.progress.update(self.epochs_bar, completed=epoch_number, note=note)

    def on_note(self, text: str) -> None:
        """Write it down."""
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)

    def on_end(self, trial: Trial) -> None:
        """Write a line about the trial."""
        self._keep(trial)
        self._show_front()
        self.console.print(self._line(trial), highlight=False, soft_wrap=True, markup=False)

    def _self_check(self, name: str) -> str:
        """What the reference gave beside itself, and a warning where that is not 1 as exactly as ratios are wanted."""
        spec, check = self.header.spec, self.header.self_check[name]
        place = name.partition("@")[2] or next(iter(spec.deployments))
        wanted = spec.timing.half_width_for(spec.deployments[place])
        is_noisy = abs(check.value - 1) > wanted or (check.high - check.low) / 2 > wanted
        rule = f": this machine is too noisy to trust, 1.000 within {100 * wanted:g} % is wanted" if is_noisy else ""
        text = f"{name} of {spec.reference} against itself: {check.value:.3f} ({check.low:.3f} to {check.high:.3f})"
        return text + rule

    def _keep(self, trial: Trial) -> None:
        if trial.state == "complete" and trial.architecture is not None and trial.score is not None:
            self.points.setdefault(trial.architecture.id, trial.score.values(self.header.spec.objectives))
        if trial.is_screened and trial.architecture is not None:
            self.screened.add(trial.architecture.id)

    def _show_front(self) -> None:
        values, directions = list(self.points.values()), self.header.spec.directions
        volume = hypervolume(values, directions, self.header.hypervolume_reference)
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
