"""``modsearch doctor``."""

import json
from typing import Annotated

import typer

from modsearch.cli.front import STUDY_HELP


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
) -> None:
    """Find and repair what a crash left behind in a run.

    A kill, a full disk or a damaged journal. Trials that cannot be mended are named.
    """
    from modsearch.search import mend

    findings = mend(study)
    if as_json:
        outcomes = {name: [finding.text for finding in findings if finding.outcome == name] for name in _OUTCOMES}
        typer.echo(json.dumps(outcomes, indent=2))
    else:
        for finding in findings:
            typer.echo(f"{_OUTCOMES[finding.outcome]}: {finding.text}")
        if all(finding.outcome == "noted" for finding in findings):
            typer.echo("nothing to mend")
    if any(finding.outcome == "left" for finding in findings):
        raise typer.Exit(1)


_OUTCOMES = {"mended": "mended", "noted": "noted", "left": "not mended"}
