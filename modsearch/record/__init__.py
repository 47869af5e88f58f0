"""What was found: measurements, scores, trials, and the front among them."""

from modsearch.record.constraint import excesses, violations
from modsearch.record.front import dominates, hypervolume, pareto_front
from modsearch.record.latency_table import (
    LatencyTable,
    PartCost,
    TimedNetwork,
    read_latency_table,
    write_latency_table,
)
from modsearch.record.measurement import Environment, Epoch, Measurement, OnEpoch, Score, Timed, Trained
from modsearch.record.prediction import latency_tables, latency_tables_digest
from modsearch.record.search_time import curve_gain, hypervolume_curve, hypervolume_gain, search_seconds
from modsearch.record.selection import BlockPicks, NetworkPicks
from modsearch.record.trial import State, Trial

__all__ = [
    "BlockPicks",
    "Environment",
    "Epoch",
    "LatencyTable",
    "Measurement",
    "NetworkPicks",
    "OnEpoch",
    "PartCost",
    "Score",
    "State",
    "Timed",
    "TimedNetwork",
    "Trained",
    "Trial",
    "curve_gain",
    "dominates",
    "excesses",
    "hypervolume",
    "hypervolume_curve",
    "hypervolume_gain",
    "latency_tables",
    "latency_tables_digest",
    "pareto_front",
    "read_latency_table",
    "search_seconds",
    "violations",
    "write_latency_table",
]
