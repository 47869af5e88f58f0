"""Scores one network: measures it, trains its proxy."""

from modsearch.scoring.comparison import comparable, compare
from modsearch.scoring.count import count, profile
from modsearch.scoring.evaluator import LocalEvaluator
from modsearch.scoring.latency import Timing, build_target, time_networks
from modsearch.scoring.latency_table import begin_latency_table, measure_latency_table, table_protocol
from modsearch.scoring.measure import measure, measure_at, measure_beside
from modsearch.scoring.plan import make_plan
from modsearch.scoring.selection import SelectionProbe
from modsearch.scoring.speedup import ideal_speedup
from modsearch.scoring.trial_cost import TrialTimer

__all__ = [
    "LocalEvaluator",
    "SelectionProbe",
    "Timing",
    "TrialTimer",
    "begin_latency_table",
    "build_target",
    "comparable",
    "compare",
    "count",
    "ideal_speedup",
    "make_plan",
    "measure",
    "measure_at",
    "measure_beside",
    "measure_latency_table",
    "profile",
    "table_protocol",
    "time_networks",
]
