"""``modsearch plan``."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from modsearch.cli.place import threads_here, warn_of_threads
from modsearch.cli.search import DATA_HELP, SPACE_HELP, TABLE_HELP, reached, with_data, with_latency_tables


def command(
    space: Annotated[str, typer.Argument(help=SPACE_HELP)],
    trials: Annotated[int | None, typer.Option(min=1, help="Total number of networks to train.")] = None,
    data: Annotated[Path | None, typer.Option(help=DATA_HELP)] = None,
    device: Annotated[str | None, typer.Option(help="Device to train on. [default: cuda if available]")] = None,
    latency_table: Annotated[list[str] | None, typer.Option(metavar="FILE", help=TABLE_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Estimate the size, time and disk space of a search.

    Trains a few networks for a few seconds each.
    """
    from modsearch.space import load_spec

    spec = load_spec(space)
    if trials is not None:
        spec = spec.with_overrides({"budget": spec.budget.model_copy(update={"trials": trials})})
    spec = with_latency_tables(with_data(spec, data), latency_table or [])

    from modsearch.models.device import default_device
    from modsearch.output import plan_json, plan_table
    from modsearch.scoring import LocalEvaluator, make_plan
    from modsearch.search import Hosts, SearchFailed

    console, device = Console(), device or default_device()
    warn_of_threads(threads_here(spec, device))
    errors = Console(stderr=True)
    note = partial(errors.print, highlight=False, markup=False)
    with errors.status("starting") as status, Hosts(spec, note) as hosts:
        evaluator = LocalEvaluator(spec, device)
        reached(hosts, evaluator)
        try:
            plan = make_plan(evaluator, status.update)
            if spec.timed_elsewhere:
                status.update(f"timing {spec.reference} on other machines")
                plan = replace(plan, away_s=_seconds(lambda: hosts.measure(spec.reference_architecture)))
        except SearchFailed:
            raise
        except RuntimeError as error:
            raise SearchFailed(f"A timed trial failed with {type(error).__name__}: {error}") from None
    if as_json:
        typer.echo(json.dumps(plan_json(plan), indent=2, allow_nan=False))
    else:
        console.print(plan_table(plan))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
