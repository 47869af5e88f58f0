"""``modsearch published``."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from modsearch.cli.front import STUDY_HELP


def command(study: Annotated[str | None, typer.Argument(help=STUDY_HELP)] = None) -> None:
    """List the published networks; for a STUDY, which of them stand on its front, and what dominates the others."""
    if study is None:
        Console().print(_presets())
        return
    from modsearch.analysis import published_info
    from modsearch.output import published_table
    from modsearch.search import load_study

    opened = load_study(study)
    Console().print(published_table(published_info(opened.trials(), opened.spec)))


def _presets() -> Table:
    """Every preset: its name, its task and its blocks."""
    from modsearch.architecture import published

    table = Table("name", "image", "classes", "MoD blocks", "depths", "source", title="Published networks")
    for each in published().values():
        depths = "-".join(map(str, each.architecture.depths))
        mod_blocks = str(each.architecture.num_mod_blocks or "")
        table.add_row(each.name, str(each.image_size), str(each.num_classes), mod_blocks, depths, each.source)
    return table
