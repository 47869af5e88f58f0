"""A latency table for readers: what each block adds."""

import math

from rich.box import SIMPLE_HEAD
from rich.table import Table

from modsearch.record import LatencyTable, PartCost


def part_table(table: LatencyTable) -> Table:
    """One distinct block a row, below the frame of its networks; costs are fractions of the reference's latency."""
    title = f"{table.study}: {table.deployment.describe()}, {table.deployment.image_size} pixels"
    found = Table(title=title, caption=_caption(table), box=SIMPLE_HEAD, pad_edge=False)
    found.add_column("stage")
    found.add_column("block", overflow="fold")
    found.add_column(f"% of {table.reference}", justify="right", no_wrap=True)
    for each in table.costs:
        stage = "" if each.part.stage is None else str(each.part.stage)
        found.add_row(stage, _block(each), _cost(each))
    return found


def _caption(table: LatencyTable) -> str:
    num_drawn = sum(each.role == "calibration" for each in table.networks)
    unsure = f"{len(table.unsure)} networks were timed badly: on an idle machine, the same command times them anew."
    parts = [
        f"{table.environment.describe()}.",
        f"{len(table.networks)} networks were timed, {num_drawn} of them drawn at random. Where others are timed as "
        f"well as these usually were, 95 % lie within {100 * math.expm1(table.log_error):.1f} % of their prediction.",
        unsure if table.unsure else "",
    ]
    return " ".join(filter(None, parts))


def _block(each: PartCost) -> str:
    if each.part.kind == "frame":
        return f"{each.part.family}: stem, first blocks, head"
    if each.part.kind == "run":
        return "mod, for each run of them"
    return ", ".join(filter(None, [each.part.kind, f"k {each.part.k}" if each.part.k else "", each.part.form]))


def _cost(each: PartCost) -> str:
    return f"{100 * each.value:.2f} ({100 * each.low:.2f} to {100 * each.high:.2f})"
