"""Scores one network: measures it, trains its proxy."""

from modsearch.scoring.count import Count, LayerRow, Profile, count, profile
from modsearch.scoring.environment import default_device
from modsearch.scoring.evaluator import LocalEvaluator
from modsearch.scoring.latency import PairedTiming, time_pair
from modsearch.scoring.measure import measure
from modsearch.scoring.recipe import Diverged, fit

__all__ = [
    "Count",
    "Diverged",
    "LayerRow",
    "LocalEvaluator",
    "PairedTiming",
    "Profile",
    "count",
    "default_device",
    "fit",
    "measure",
    "profile",
    "time_pair",
]
