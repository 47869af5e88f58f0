"""Scores one network: measures it, trains its proxy."""

from modsearch.scoring.count import Count, LayerRow, Profile, count, profile
from modsearch.scoring.environment import default_device
from modsearch.scoring.evaluator import LocalEvaluator
from modsearch.scoring.latency import PairedTiming, time_pair
from modsearch.scoring.measure import measure
from modsearch.scoring.plan import Plan, make_plan
from modsearch.scoring.recipe import Diverged, fit
from modsearch.scoring.selection import SelectionProbe
from modsearch.scoring.trial_cost import TrialCost, TrialTimer

__all__ = [
    "Count",
    "Diverged",
    "LayerRow",
    "LocalEvaluator",
    "PairedTiming",
    "Plan",
    "Profile",
    "SelectionProbe",
    "TrialCost",
    "TrialTimer",
    "count",
    "default_device",
    "fit",
    "make_plan",
    "measure",
    "profile",
    "time_pair",
]
