"""``modsearch published``."""

from typing import Annotated

import typer
from rich.console import Console

from modsearch.cli.front import STUDY_HELP


def command(study: Annotated[str | None, typer.Argument(help=STUDY_HELP)] = None) -> None:
    """List the published networks; for a STUDY, which of them stand on its front, and what dominates the others."""
    if study is None:
        from modsearch.output import preset_table

        Console().print(preset_table())
        return
    from modsearch.analysis import published_info
    from modsearch.output import published_table
    from modsearch.search import load_study

    opened = load_study(study)
    Console().print(published_table(published_info(opened.trials(), opened.spec)))
