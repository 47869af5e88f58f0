"""Pure functions of records."""

from modsearch.analysis.difference import Difference, accuracy_difference
from modsearch.analysis.front import FrontInfo, front_info
from modsearch.analysis.mod_benefit import Comparison, ModBenefit, ModNetwork, Tally, mod_benefit
from modsearch.analysis.point import FrontPoint, Objective
from modsearch.analysis.published import PublishedStatus, Standing, published_info

__all__ = [
    "Comparison",
    "Difference",
    "FrontInfo",
    "FrontPoint",
    "ModBenefit",
    "ModNetwork",
    "Objective",
    "PublishedStatus",
    "Standing",
    "Tally",
    "accuracy_difference",
    "front_info",
    "mod_benefit",
    "published_info",
]
