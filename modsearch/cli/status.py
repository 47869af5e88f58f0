"""``modsearch status``."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live

from modsearch.cli.front import STUDY_HELP

if TYPE_CHECKING:
    from modsearch.output import Status

_INTERVAL_S = 2.0


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    watch: Annotated[bool, typer.Option("--watch", help="Refresh every two seconds until the search ends.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of a table; with --watch, one line each time.")
    ] = False,
) -> None:
    """Show how far a search has come.

    Trials, failures, pace, hypervolume over time, time saved and time left.
    """
    from modsearch.output import status_json, status_table

    looks = _looks(study, watch)
    try:
        if as_json:
            for status in looks:
                typer.echo(json.dumps(status_json(status), allow_nan=False))
        elif watch:
            with Live(auto_refresh=False) as live:
                for status in looks:
                    live.update(status_table(status), refresh=True)
        else:
            Console().print(status_table(next(looks)))
    except KeyboardInterrupt:
        if not watch:
            raise  # of a watch it is the usual end, no failure


def _looks(target: str, watch: bool) -> "Iterator[Status]":
    """One look, or one after the other for as long as a search may be at work, and one after its end."""
    from modsearch.analysis import progress
    from modsearch.output import Status
    from modsearch.search import Watch, corner_of, count_refined, load_study, own_remeasurements

    study = load_study(target)
    header = study.header
    watched = Watch(study, Path(header.folder if "://" in target else target))
    before, known, found = None, None, None
    while True:
        is_driven, is_elsewhere = watched.is_driven(), watched.is_elsewhere()
        trials, remeasurements = watched.trials(), own_remeasurements(study)
        if found is None or trials is not before or remeasurements != known:
            before, known = trials, remeasurements
            header = study.read_header_again()
            found = progress(trials, header.spec, corner_of(header, trials), remeasurements)
        seen = Status(found, is_driven, watched.ages_s(), header.self_check, watched.workers(), is_elsewhere)
        yield replace(seen, first_design=header.first_design, num_refined=count_refined(study))
        if not watch or (is_driven is False and not is_elsewhere):
            return
        time.sleep(_INTERVAL_S)
