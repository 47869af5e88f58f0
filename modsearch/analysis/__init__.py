"""Pure functions of records."""

from modsearch.analysis.difference import Difference, accuracy_difference
from modsearch.analysis.front import FrontInfo, front_info
from modsearch.analysis.ledger import Ledger
from modsearch.analysis.mod_benefit import Comparison, ModBenefit, ModNetwork, Tally, mod_benefit
from modsearch.analysis.point import FrontPoint, Objective
from modsearch.analysis.progress import Progress, progress
from modsearch.analysis.published import PublishedStatus, Standing, published_info

__all__ = [
    "Comparison",
    "Difference",
    "FrontInfo",
    "FrontPoint",
    "Ledger",
    "ModBenefit",
    "ModNetwork",
    "Objective",
    "Progress",
    "PublishedStatus",
    "Standing",
    "Tally",
    "accuracy_difference",
    "front_info",
    "mod_benefit",
    "progress",
    "published_info",
]
