"""``modsearch status``."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from modsearch.cli.front import STUDY_HELP

_INTERVAL_S = 2.0


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    watch: Annotated[bool, typer.Option(help="Show it again every two seconds, as long as the search runs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Print how far a search has come: trials, failures, pace, hypervolume, time left."""
    from modsearch.analysis import Progress, progress
    from modsearch.output import status_json, status_table
    from modsearch.search import has_driver, load_study

    opened = load_study(study)
    header = opened.header
    folder = Path(header.folder if "://" in study else study)

    def looks() -> Iterator[tuple[Progress, bool]]:
        """Once, or for as long as the search runs."""
        while True:
            is_driven = has_driver(folder)
            yield progress(opened.trials(), header.spec, header.hypervolume_reference), is_driven
            if not (watch and is_driven):
                return
            time.sleep(_INTERVAL_S)

    if as_json:
        for found in looks():
            typer.echo(json.dumps(status_json(*found)))
    elif watch:
        with Live(auto_refresh=False) as live:
            for found in looks():
                live.update(status_table(*found), refresh=True)
    else:
        Console().print(status_table(*next(looks())))
