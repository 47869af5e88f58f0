"""``modsearch published``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from modsearch.cli import place as options
from modsearch.cli.front import STUDY_HELP
from modsearch.message import must_be, nearest, parse

if TYPE_CHECKING:
    from modsearch.architecture import Published
    from modsearch.scoring import Comparison
    from modsearch.space import Deployment, TimingProtocol

_TABLE_WIDTH = 140  # a narrower terminal wraps the lines; cut off, they would say nothing


def command(
    context: typer.Context,
    study: Annotated[str | None, typer.Argument(help=STUDY_HELP)] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Count and time them, beside the figures of the MoD paper.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="Compare this network. Repeatable. [default: all]")] = None,
    batch_size: options.BatchSize = None,
    device: options.Device = None,
    threads: options.Threads = None,
    dtype: options.Dtype = None,
    memory_format: options.MemoryFormat = None,
    runtime: options.Runtime = None,
    seconds: options.Seconds = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
    plot: Annotated[list[Path] | None, typer.Option(help="Draw it to this file: html, png or svg. Repeatable.")] = None,
) -> None:
    """List the published networks; for a STUDY, which of them stand on its front, and what dominates the others.

    With --compare, set those of the MoD paper beside what it prints: parameters, GMACs, and latency / plain network's.
    All other options belong to it. Ctrl-C shows what was compared so far.
    """
    if not compare:
        _refuse_options(context)
        _list(study)
        return
    if study is not None:
        raise ValueError(must_be("STUDY", "left out where --compare is given", study))

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


def _refuse_options(context: typer.Context) -> None:
    """Nothing that is asked for is passed over in silence."""
    for each in context.command.params:
        source = context.get_parameter_source(each.name or "")
        if each.name != "study" and source is not None and source.name == "COMMANDLINE":
            raise ValueError(f"{each.opts[0]} needs --compare.")


def _list(study: str | None) -> None:
    if study is None:
        from modsearch.output import preset_table

        Console().print(preset_table())
        return
    from modsearch.analysis import published_info
    from modsearch.output import published_table
    from modsearch.search import load_study, reported

    Console().print(published_table(published_info(*reported(load_study(study)))))


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
