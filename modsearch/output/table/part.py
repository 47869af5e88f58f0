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
    for cost in table.costs:
        stage = "" if cost.part.stage is None else str(cost.part.stage)
        found.add_row(stage, _block(cost), _cost(cost))
    return found


def _caption(table: LatencyTable) -> str:
    num_drawn = sum(network.role == "calibration" for network in table.networks)
    unsure = f"{len(table.unsure)} networks were timed badly: on an idle machine, the same command times them anew."
    parts = [
        f"{table.environment.describe()}.",
        f"{len(table.networks)} networks were timed, {num_drawn} of them drawn at random. Where others are timed as "
        f"well as these usually were, 95 % lie within {100 * math.expm1(table.log_error):.1f} % of their prediction.",
        unsure if table.unsure else "",
    ]
    return " ".join(filter(None, parts))


def _block(cost: PartCost) -> str:
    if cost.part.kind == "frame":
        return f"{cost.part.family}: stem, first blocks, head"
    if cost.part.kind == "run":
        return "for each run of MoD blocks"
    return ", ".join(filter(None, [cost.part.kind, f"k {cost.part.k}" if cost.part.k else "", cost.part.form]))


def _cost(cost: PartCost) -> str:
    return f"{100 * cost.value:.2f} ({100 * cost.low:.2f} to {100 * cost.high:.2f})"
