"""A latency table for readers: what each block adds."""

import math

from rich.box import SIMPLE_HEAD
from rich.table import Table

from modsearch.record import LatencyTable, PartCost


def part_table(table: LatencyTable) -> Table:
    """One distinct block a row; costs are a percentage of the reference network's latency."""
    num_drawn = sum(each.role == "calibration" for each in table.networks)
    caption = (
        f"{table.environment.describe()}. Timed: {len(table.networks)} networks, {num_drawn} of them drawn at random: "
        f"95 % of these lie within {100 * math.expm1(table.log_error):.1f} % of what the others predict."
    )
    title = f"{table.study}: {table.deployment.describe()}, {table.deployment.image_size} pixels"
    found = Table(title=title, caption=caption, box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("network", "stage", "block"):
        found.add_column(heading, overflow="fold")
    found.add_column(f"% of {table.reference}", justify="right", no_wrap=True)
    for each in table.costs:
        stage = "" if each.part.stage is None else str(each.part.stage)
        found.add_row(each.part.family, stage, _block(each), _cost(each))
    return found


def _block(each: PartCost) -> str:
    if each.part.kind == "frame":
        return "stem, first blocks, head"
    details = [f"k {each.part.k}" if each.part.k else "", each.part.form]
    return ", ".join([each.part.kind, *filter(None, details)])


def _cost(each: PartCost) -> str:
    return f"{100 * each.value:.2f} ({100 * each.low:.2f} to {100 * each.high:.2f})"
