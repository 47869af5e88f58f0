"""``modsearch plan``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from modsearch.cli.place import threads_here, warn_of_threads
from modsearch.cli.search import SPACE_HELP, TABLE_HELP, with_latency_tables


def command(
    space: Annotated[str, typer.Argument(help=SPACE_HELP)],
    trials: Annotated[int | None, typer.Option(min=1, help="Total number of networks to train.")] = None,
    data: Annotated[Path | None, typer.Option(help="Image folder to use instead of the study's data.")] = None,
    device: Annotated[str | None, typer.Option(help="Device to train on. [default: cuda if available]")] = None,
    latency_table: Annotated[list[str] | None, typer.Option(metavar="FILE", help=TABLE_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Estimate the size, time and disk space of a search.

    Trains a few networks for a few seconds each.
    """
    from modsearch.space import load_spec

    spec = load_spec(space)
    overrides = {
        "budget": None if trials is None else spec.budget.model_copy(update={"trials": trials}),
        "data": None if data is None else {"kind": "imagefolder", "path": data},
    }
    spec = spec.with_overrides({name: value for name, value in overrides.items() if value is not None})
    spec = with_latency_tables(spec, latency_table or [])

    from modsearch.models.device import default_device
    from modsearch.output import plan_json, plan_table
    from modsearch.scoring import LocalEvaluator, make_plan
    from modsearch.search import SearchFailed

    console, device = Console(), device or default_device()
    warn_of_threads(threads_here(spec, device))
    with Console(stderr=True).status("starting") as status:
        evaluator = LocalEvaluator(spec, device)
        try:
            plan = make_plan(evaluator, status.update)
        except RuntimeError as error:
            raise SearchFailed(f"A timed trial failed with {type(error).__name__}: {error}") from None
    if as_json:
        typer.echo(json.dumps(plan_json(plan), indent=2, allow_nan=False))
    else:
        console.print(plan_table(plan))
