"""``modsearch dashboard``."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from modsearch.cli.front import STUDY_HELP
from modsearch.message import must_be

_LAST_PORT = 65_535


def command(
    studies: Annotated[list[str], typer.Argument(metavar="STUDY", help=STUDY_HELP)],
    port: Annotated[
        int, typer.Option(min=0, max=_LAST_PORT, help="Where it listens; 0 takes one that is free.")
    ] = 8000,
    host: Annotated[
        str, typer.Option(help="Name or address of this machine; one that others reach needs a token.")
    ] = "127.0.0.1",
    save: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write it to one file, with what is known now, and end.")
    ] = None,
) -> None:
    """Show studies as a page that follows them.

    It ends with Ctrl-C. Nothing is written to a study.
    """
    from modsearch.dashboard import MOST_STUDIES

    if len(studies) > MOST_STUDIES:
        raise ValueError(must_be("The number of studies", f"{MOST_STUDIES} or less", len(studies)))
    if save is not None:
        return _save(studies, save)
    with suppress(KeyboardInterrupt):  # the usual end, no failure
        _serve(studies, host, port)


def _serve(studies: Sequence[str], host: str, port: int) -> None:
    from modsearch.dashboard import access_to, listen, serve

    with listen(host, port) as listener:
        access = access_to(listener, host)
        if access.token:
            typer.echo("Anybody who has this address can read the study.", err=True)
        typer.echo(f"Dashboard: {access.url}")
        serve(studies, listener, access)


def _save(studies: Sequence[str], path: Path) -> None:
    """Write the page to a file; ValueError where there is no such study."""
    if path.suffix != ".html":
        raise ValueError(must_be("The page's name", "one that ends in .html", path.name))
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} for the page.")

    from modsearch.dashboard.saved import saved_page
    from modsearch.file import appearing

    page = saved_page(studies)
    with appearing(path) as file:
        file.write(page.encode())
