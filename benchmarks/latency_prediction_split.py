"""Held-out predictions from the same timings: the networks that were drawn are parted anew, many times.

One table of 40 random networks has its own luck: its interval holds 95 % of other networks only in the mean over
tables. So the networks of a table that were drawn at random, and those that were held out, are shuffled; as many as the
table had make a table again, with the networks of its parts, and the others are predicted from it by the product's own
code.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from modsearch.architecture import Architecture
from modsearch.record import LatencyTable, Measurement, TimedNetwork
from modsearch.scoring.latency_table import CostModel, list_parts
from modsearch.space import Space


def as_timed(network: Architecture, measured: Measurement) -> TimedNetwork:
    """A held-out network as one that a table may rest on."""
    return TimedNetwork(
        architecture=network,
        role="calibration",
        relative_latency=measured.value,
        low=measured.low,
        high=measured.high,
    )


def split_coverage(
    table: LatencyTable, held: Sequence[TimedNetwork], space: Space, number: int
) -> dict[str, float | int]:
    """How many held-out timings lie in their 95 % interval over so many tables, and how wide it is."""
    shares, halves, errors = [], [], []
    for again, others in _tables(table, held, space, number):
        ratio_H = np.array([network.relative_latency / again.predict(network.architecture).value for network in others])
        shares.append(float(np.mean(np.abs(np.log(ratio_H)) <= again.log_error)))
        halves.append(float(np.expm1(again.log_error)))
        errors.append(float(np.mean(np.abs(1 / ratio_H - 1))))
    return {
        "num_tables": number,
        "num_predictions": number * len(held),
        "inside": float(np.mean(shares)),
        "least_inside": min(shares),
        "most_inside": max(shares),
        "mape": float(np.mean(errors)),
        "median_half_width": float(np.median(halves)),
    }


def _tables(
    table: LatencyTable, held: Sequence[TimedNetwork], space: Space, number: int
) -> Iterator[tuple[LatencyTable, list[TimedNetwork]]]:
    """Other tables, and what each of them has not seen."""
    parts = list_parts(space).parts
    of_parts = [network for network in table.networks if network.role == "part"]
    drawn = [network for network in table.networks if network.role == "calibration"]
    for seed in range(number):
        shuffled = random.Random(seed).sample([*drawn, *held], len(drawn) + len(held))
        networks = (*of_parts, *shuffled[: len(drawn)])
        model = CostModel(parts, networks)
        fields = {name: getattr(table, name) for name in LatencyTable.model_fields}
        fields |= {"networks": networks, "costs": model.costs(), "log_error": model.log_error()}
        yield LatencyTable(**fields), shuffled[len(drawn) :]


def edge_coverage(table: LatencyTable, held: Sequence[TimedNetwork]) -> dict[str, Any]:
    """The share inside the interval of networks in which MoD blocks follow each other, and of the others."""
    inside: dict[bool, list[bool]] = {True: [], False: []}
    for network in held:
        has_run = any(a.kind == b.kind == "mod" for stage in network.architecture.stages for a, b in pairwise(stage))
        ratio = network.relative_latency / table.predict(network.architecture).value
        inside[has_run].append(abs(np.log(ratio)) <= table.log_error)
    return {
        name: {"num": len(inside[has_run]), "inside": float(np.mean(inside[has_run])) if inside[has_run] else None}
        for name, has_run in (("runs_of_mod_blocks", True), ("others", False))
    }
