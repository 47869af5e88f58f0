"""The live display of a search: the networks at hand and their epochs, front size, hypervolume, time left."""

from rich.console import Console

from modsearch.output.live.harmless import harmless
from modsearch.output.live.network import NetworkDisplay
from modsearch.record import Trial
from modsearch.search import Header
from modsearch.statistic import hypervolume, pareto_front


class SearchDisplay(NetworkDisplay):
    """A bar for the search and one for each network at hand on a terminal, and a line for each trial that ended.

    Only the lines where there is no terminal. Use as a context manager around the search.
    """

    work = "search"

    def __init__(self, header: Header, console: Console) -> None:
        spec = header.spec
        super().__init__(spec, console, "networks", spec.budget.trials, spec.fidelity.epochs)
        self.header = header
        self.points: dict[str, tuple[float, ...]] = {}
        self.screened: set[str] = set()

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

    def on_header(self, header: Header) -> None:
        """Measure the hypervolume from the corner that was fixed."""
        self.header = header

    def end(self, trial: Trial) -> None:
        """Count it, and show the front."""
        self._keep(trial)
        self._show_front()

    def line(self, trial: Trial) -> str:
        """Its objectives, or why it has none."""
        network = trial.architecture.describe() if trial.architecture else ""
        start = f"{trial.number:>4} {trial.state:<8}"
        if trial.state != "complete" or trial.score is None:
            return f"{start} {trial.reason}  {network}"
        names = self.header.spec.objectives
        values = "  ".join(f"{name} {value:.4g}" for name, value in zip(names, trial.score.values(names), strict=True))
        return f"{start} {values}  {network}  ({trial.seconds:.0f} s)"

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
        self.progress.update(self.whole_bar, completed=len(values) + len(self.screened), note=note)
