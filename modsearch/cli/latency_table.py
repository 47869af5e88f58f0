"""``modsearch latency-table``."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from modsearch.cli.place import warn_of_threads
from modsearch.cli.search import DATA_HELP, SPACE_HELP, with_data
from modsearch.message import must_be, one_of

if TYPE_CHECKING:
    from modsearch.record import LatencyTable
    from modsearch.space import StudySpec


def command(
    space: Annotated[str, typer.Argument(help=SPACE_HELP)],
    out: Annotated[Path | None, typer.Option(help="File of the table. [default: NAME-DEPLOYMENT.latency.json]")] = None,
    deployment: Annotated[
        str | None, typer.Option(help="Which deployment of the study. [default: its only one]")
    ] = None,
    data: Annotated[Path | None, typer.Option(help=DATA_HELP + " Only its classes are counted.")] = None,
    networks: Annotated[
        int, typer.Option(min=20, max=10_000, help="Number of random networks to time for calibration.")
    ] = 40,
    seconds: Annotated[
        float | None,
        typer.Option(min=0, max=86_400, help="Timing budget per six networks, in seconds. [default: the study's]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Measure a table from which a search predicts latencies.

    Times each distinct block of a space inside whole networks; the machine must be idle. A search with
    --latency-table FILE then times nothing before its end. Run the same command again to go on where it stopped.
    """
    from modsearch.space import load_spec

    spec = with_data(load_spec(space), data)
    place = _place(spec, deployment)
    path = out or Path(f"{spec.name}-{place}.latency.json")
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} for the table.")
    warn_of_threads({} if (at := spec.deployments[place]).is_cuda else {f"deployments.{place}.threads": at.threads})
    table = _measure(spec, place, path, (networks, seconds))

    from modsearch.output import part_table

    if as_json:
        typer.echo(json.dumps(table.model_dump(mode="json"), indent=2, allow_nan=False))
        return
    console = Console()
    console.print(part_table(table))
    use = shlex.join(("modsearch", "search", space, "--latency-table", str(path)))
    console.print(f"\nUse it: {use}", soft_wrap=True, highlight=False, markup=False)


def _place(spec: "StudySpec", name: str | None) -> str:
    """The deployment of that name, or the only one."""
    if name is None and len(spec.deployments) == 1:
        return next(iter(spec.deployments))
    if name is None:
        raise ValueError(f"--deployment must be given: {one_of(spec.deployments)}.")
    if name not in spec.deployments:
        raise ValueError(must_be("--deployment", one_of(spec.deployments), name, spec.deployments))
    return name


def _measure(spec: "StudySpec", place: str, path: Path, effort: tuple[int, float | None]) -> "LatencyTable":
    """With a bar, whose pace is that of the groups which are timed together."""
    from modsearch.output import steady_console
    from modsearch.scoring import begin_latency_table, measure_latency_table, table_protocol
    from modsearch.search import SearchFailed

    num_networks, seconds = effort
    begun = begin_latency_table(spec, place, path, table_protocol(spec, seconds))
    console = steady_console(sys.stderr)
    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        speed_estimate_period=float("inf"),
        disable=not console.is_terminal,
    ) as progress:
        bar = progress.add_task(f"networks timed: {begun.deployment.describe()}", total=None)
        try:
            return measure_latency_table(
                begun, spec, path, num_networks, lambda done, total: progress.update(bar, completed=done, total=total)
            )
        except RuntimeError as error:
            raise SearchFailed(f"Timing failed with {type(error).__name__}: {error}") from None
