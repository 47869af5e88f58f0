"""``modsearch compare``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from modsearch.cli import place as options
from modsearch.message import nearest, parse

if TYPE_CHECKING:
    from modsearch.architecture import Published
    from modsearch.record import Comparison
    from modsearch.space import Deployment, TimingProtocol

_TABLE_WIDTH = 140  # a narrower terminal wraps the lines; cut off, they would say nothing


def command(
    only: Annotated[list[str] | None, typer.Option(help="Compare this network. Repeatable. [default: all]")] = None,
    batch_size: options.BatchSize = None,
    device: options.Device = None,
    threads: options.Threads = None,
    dtype: options.Dtype = None,
    memory_format: options.MemoryFormat = None,
    runtime: options.Runtime = None,
    seconds: options.Seconds = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    plot: Annotated[list[Path] | None, typer.Option(help="Draw it to this file: html, png or svg. Repeatable.")] = None,
) -> None:
    """Compare published MoD networks with the paper.

    Counts the parameters and GMACs of each network, times it beside its plain form, and prints the paper's figures
    too. Ctrl-C shows what has been compared so far.
    """
    from modsearch.output import check_figure_path
    from modsearch.scoring import comparable
    from modsearch.space import Deployment, TimingProtocol

    place = options.given(
        batch_size=batch_size,
        device=device,
        threads=threads,
        dtype=dtype,
        memory_format=memory_format,
        runtime=runtime,
    )
    deployment = parse(Deployment, place | {"image_size": 224, "num_classes": 1000})  # each network brings its own
    protocol = TimingProtocol(**options.given(seconds=seconds))
    known = comparable()
    for name in only or []:
        if name not in known:
            raise ValueError(f"No network of the MoD paper is called {name!r}.{nearest(name, known)}")
    for path in plot or []:
        check_figure_path(path)
    found: list[Comparison] = []
    try:
        _compare([known[name] for name in only or known], deployment, protocol, found)
    finally:
        _show(found, as_json, plot or [])


def _compare(
    networks: "Sequence[Published]", place: "Deployment", protocol: "TimingProtocol", found: "list[Comparison]"
) -> None:
    """Fill ``found`` one by one, so that what is there stays when a later network fails or Ctrl-C comes."""
    from modsearch.scoring import compare
    from modsearch.search import SearchFailed

    comparisons = compare(networks, place, protocol)
    console = Console(stderr=True)
    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=len(networks))
        for index, network in enumerate(networks):
            progress.update(bar, completed=index, description=network.name)
            try:
                found.append(next(comparisons))
            except RuntimeError as error:
                raise SearchFailed(f"{network.name} failed with {type(error).__name__}: {error}") from None


def _show(found: "Sequence[Comparison]", as_json: bool, plots: Sequence[Path]) -> None:
    from modsearch.output import comparison_json, comparison_table, save_comparison

    if not found:
        return
    if as_json:
        typer.echo(json.dumps(comparison_json(found), indent=2, allow_nan=False))
    else:
        Console(width=max(Console().width, _TABLE_WIDTH)).print(comparison_table(found))
    for path in plots:
        save_comparison(found, path)
