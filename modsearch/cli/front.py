"""``modsearch front``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from modsearch.analysis import FrontInfo
    from modsearch.search import Study

STUDY_HELP = "A run's folder, or URL#name for a study in a database."


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    plot: Annotated[list[Path] | None, typer.Option(help="Draw to this file: html, png or svg. Repeatable.")] = None,
    deployment: Annotated[str | None, typer.Option(help="A place of modsearch retime. [default: the study's]")] = None,
) -> None:
    """Print the Pareto front of a study, and draw it."""
    from modsearch.analysis import mod_benefit
    from modsearch.output import front_json, front_table, save_front
    from modsearch.search import awaited, load_study

    opened = load_study(study)
    info = _info(opened, deployment)
    for path in plot or []:
        save_front(info, path)
    if as_json:
        typer.echo(json.dumps(front_json(info), indent=2))
    else:
        Console().print(front_table(info), mod_benefit(info).summary(), sep="\n")
    waiting = {each.id for each, _ in awaited(opened)}
    if waiting:
        num = f"{len(waiting)} more network{'s are' if len(waiting) > 1 else ' is'}"
        typer.echo(f"{num} only predicted to belong here; modsearch retime STUDY measures what is missing", err=True)


def _info(study: "Study", place: str | None) -> "FrontInfo":
    """The front at the study's own deployments, or where it was timed later; of measured values alone."""
    from modsearch.analysis import front_info, part_at
    from modsearch.search import laters_at, reported

    if place is None or place in study.spec.deployments:
        return front_info(*reported(study), study.header.hypervolume_reference)
    return front_info(*part_at(study.trials(), laters_at(study, place), study.spec))
