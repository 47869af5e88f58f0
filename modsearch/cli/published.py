"""``modsearch published``."""

from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
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
    """Every preset: its name, its blocks and its task."""
    from modsearch.architecture import published

    table = Table(title="Published networks", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("name", "depths", "source"):
        table.add_column(heading, no_wrap=True)
    for heading in ("MoD blocks", "pixels", "classes"):
        table.add_column(heading, justify="right")
    for each in published().values():
        network = each.architecture
        numbers = (str(network.num_mod_blocks or ""), str(each.image_size), str(each.num_classes))
        table.add_row(each.name, "-".join(map(str, network.depths)), each.source, *numbers)
    return table
