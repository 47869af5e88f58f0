"""``modsearch published``."""

from typing import Annotated

import typer
from rich.console import Console

from modsearch.cli.front import STUDY_HELP


def command(study: Annotated[str | None, typer.Argument(help=STUDY_HELP)] = None) -> None:
    """List published networks, or find them on a study's front.

    For a study: which published networks of its space stand on the front, and what dominates the others.
    """
    if study is None:
        from modsearch.output import preset_table

        Console().print(preset_table())
        return
    from modsearch.analysis import published_info
    from modsearch.output import published_table
    from modsearch.search import load_study, refined, reported

    opened = load_study(study)
    Console().print(published_table(published_info(*reported(opened), refined(opened))))
