"""The command behind scripts/results: recompute every figure of the pages, or write them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from docs.results.page import PAGE, is_unrecorded, page_faults, page_folders, rendered
from docs.results.publication import derived_faults, publish, write_derived
from docs.results.record import RESULTS, study_folders

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def check() -> None:
    """Recompute every figure from its record, and name those that are printed otherwise; then the exit code is 1."""
    found = [fault for comparison in _checks() for fault in _faults(comparison)]
    for fault in found:
        typer.echo(fault)
    unrecorded = [folder.name for folder in page_folders() if is_unrecorded(folder)]
    if unrecorded:
        typer.echo(f"not recomputed, for want of a record: {', '.join(unrecorded)}", err=True)
    if found:
        sys.exit(1)


@app.command()
def write() -> None:
    """Write every page from its record, and what follows from journals."""
    for folder in study_folders():
        write_derived(folder)
    for folder in page_folders():
        if not is_unrecorded(folder):
            with _told():
                (folder / PAGE).write_text(rendered(folder)[0])


@app.command("publish")
def publish_run(
    run: Annotated[Path, typer.Argument(help="The folder of a run of modsearch search.")],
    name: Annotated[str, typer.Argument(help="The folder below docs/results.")],
    data: Annotated[Path | None, typer.Option(help="The study's images, where they have moved.")] = None,
    selections: Annotated[bool, typer.Option(help="Run the networks to see what their selectors pick.")] = True,
) -> None:
    """Make the record of a finished run: its journal without this machine's paths, and what the page shows of it."""
    with _told():
        publish(run, RESULTS / name, data, selections)


@contextmanager
def _told() -> Iterator[None]:
    """End with one line where the body raises ValueError."""
    try:
        yield
    except ValueError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


def _checks() -> Iterator[Callable[[], Iterator[str]]]:
    for folder in study_folders():
        yield lambda folder=folder: derived_faults(folder)  # type: ignore[misc]
    for folder in page_folders():
        yield lambda folder=folder: page_faults(folder)  # type: ignore[misc]


def _faults(check: Callable[[], Iterator[str]]) -> list[str]:
    """What a check finds; where it cannot be made, that."""
    try:
        return list(check())
    except ValueError as error:
        return [str(error)]


if __name__ == "__main__":
    app()
