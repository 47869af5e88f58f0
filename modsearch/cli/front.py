"""``modsearch front``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

STUDY_HELP = "A run's folder, or URL#name for a study in a database."


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    plot: Annotated[list[Path] | None, typer.Option(help="Draw to this file: html, png or svg. Repeatable.")] = None,
) -> None:
    """Print the Pareto front of a study, and draw it."""
    from modsearch.analysis import front_info, mod_benefit
    from modsearch.output import front_json, front_table, save_front
    from modsearch.search import load_study

    opened = load_study(study)
    info = front_info(opened.trials(), opened.spec, opened.header.hypervolume_reference)
    for path in plot or []:
        save_front(info, path)
    if as_json:
        typer.echo(json.dumps(front_json(info), indent=2))
    else:
        Console().print(front_table(info), mod_benefit(info).summary(), sep="\n")
