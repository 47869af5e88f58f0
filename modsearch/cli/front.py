"""``modsearch front``."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from modsearch.analysis import FrontInfo
    from modsearch.search import Study

STUDY_HELP = "Folder of a run, or URL#NAME for a study in a database."
_NO_LIMIT = 10_000  # columns


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    plot: Annotated[
        list[Path] | None, typer.Option(help="Draw it to this file (html, png or svg). Repeatable.")
    ] = None,
    plot_speedup: Annotated[
        list[Path] | None,
        typer.Option(help="Draw how much of the MACs saved becomes time saved, to such a file."),
    ] = None,
    deployment: Annotated[
        str | None,
        typer.Option(help="Show the latencies of this deployment of modsearch retime. [default: the study's]"),
    ] = None,
) -> None:
    """Show the Pareto front of a study."""
    from modsearch.output import front_json, save_front, save_speedup, uncertainty
    from modsearch.search import awaited, load_study

    opened = load_study(study)
    info = _info(opened, deployment)
    for path in plot or []:
        save_front(info, path)
    for path in plot_speedup or []:
        save_speedup(info, path)
    if as_json:
        typer.echo(json.dumps(front_json(info), indent=2))
    else:
        print_front(info)
    waiting = {network.id for network, _ in awaited(opened)}
    if waiting:
        num = f"{len(waiting)} more network{'s are' if len(waiting) > 1 else ' is'}"
        typer.echo(f"{num} only predicted to belong here; modsearch retime STUDY measures what is missing", err=True)
    if info.uncertain:
        said = [uncertainty(info)] if as_json else []  # a table has it below
        for line in (*said, *_advice(opened, info, deployment)):
            typer.echo(line, err=True)


def print_front(info: "FrontInfo") -> None:
    """The table and what it says about MoD blocks. Where the terminal is too narrow it wraps lines; digits stay."""
    from modsearch.output import front_table, verdict

    console, table = Console(), front_table(info)
    needed = Console(width=_NO_LIMIT).measure(table).minimum
    Console(width=max(console.width, needed)).print(table)
    console.print(*verdict(info), sep="\n", highlight=False)


def _advice(study: "Study", info: "FrontInfo", place: str | None) -> Iterator[str]:
    """How uncertain latencies are timed again; nothing where this machine cannot."""
    from modsearch.search import due

    is_elsewhere = place is not None and any(place in places for places in info.uncertain.values())
    if is_elsewhere or any(due(study)):
        again = "The same modsearch retime" if is_elsewhere else "modsearch retime STUDY"
        yield f"{again} on a quiet machine times them again."


def _info(study: "Study", place: str | None) -> "FrontInfo":
    """The front at the study's own deployments, or where it was timed later; of measured values alone."""
    from modsearch.analysis import front_info, part_at
    from modsearch.record import remeasured
    from modsearch.search import believed_front, own_remeasurements, refined, remeasurements_at

    if place is None or place in study.spec.deployments:
        return believed_front(study, refined(study))
    trials = remeasured(study.trials(), own_remeasurements(study), study.spec)
    return front_info(*part_at(trials, remeasurements_at(study, place), study.spec))
