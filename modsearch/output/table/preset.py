"""The published networks as a table."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from modsearch.architecture import published


def preset_table() -> Table:
    """Every preset: its name, its blocks of all kinds and MoD blocks, and its task."""
    table = Table(title="Published networks", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("name", "depths", "arXiv"):
        table.add_column(heading, no_wrap=True)
    for heading in ("MoD", "px", "classes"):
        table.add_column(heading, justify="right", no_wrap=True)
    for preset in published().values():
        network = preset.architecture
        numbers = (str(network.num_mod_blocks or ""), str(preset.image_size), str(preset.num_classes))
        table.add_row(preset.name, "-".join(map(str, network.depths)), preset.source.removeprefix("arXiv "), *numbers)
    return table
