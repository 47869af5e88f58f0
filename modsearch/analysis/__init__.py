"""Pure functions of records."""

from modsearch.analysis.choice import knee, most_accurate, under
from modsearch.analysis.deployed import Deployed, deployed_networks
from modsearch.analysis.difference import Difference, accuracy_difference
from modsearch.analysis.evidence import Evidence
from modsearch.analysis.front import FrontInfo, front_info
from modsearch.analysis.ledger import Ledger
from modsearch.analysis.mod_benefit import Contrast, ModBenefit, ModNetwork, Tally, mod_benefit
from modsearch.analysis.placement import BlockChange, LightSize, PlacementEffect, PlacementInfo, Slot, placement_info
from modsearch.analysis.point import FrontPoint, Objective, scored_points
from modsearch.analysis.progress import Progress, progress
from modsearch.analysis.published import PublishedStatus, Standing, published_info
from modsearch.analysis.refined import Held, Honesty, RefinedInfo, RefinedNetwork, refined_info
from modsearch.analysis.retiming import Retimed, Retiming, by_front, part_at, retiming
from modsearch.analysis.selection import (
    BlockSelection,
    MoDSlot,
    SelectionInfo,
    chosen_classes,
    mod_slots,
    selection_info,
)
from modsearch.analysis.speedup import RealisedSpeedup, SpeedupTally, speedup_tallies
from modsearch.analysis.swap import BASES, Basis, SwapEffect, SwapInfo, Told, swap_info
from modsearch.analysis.training import TrainedNetwork, TrainingInfo, by_accuracy, class_accuracy, training_info
from modsearch.statistic.information import Information

__all__ = [
    "BASES",
    "Basis",
    "BlockChange",
    "BlockSelection",
    "Contrast",
    "Deployed",
    "Difference",
    "Evidence",
    "FrontInfo",
    "FrontPoint",
    "Held",
    "Honesty",
    "Information",
    "Ledger",
    "LightSize",
    "MoDSlot",
    "ModBenefit",
    "ModNetwork",
    "Objective",
    "PlacementEffect",
    "PlacementInfo",
    "Progress",
    "PublishedStatus",
    "RealisedSpeedup",
    "RefinedInfo",
    "RefinedNetwork",
    "Retimed",
    "Retiming",
    "SelectionInfo",
    "Slot",
    "SpeedupTally",
    "Standing",
    "SwapEffect",
    "SwapInfo",
    "Tally",
    "Told",
    "TrainedNetwork",
    "TrainingInfo",
    "accuracy_difference",
    "by_accuracy",
    "by_front",
    "chosen_classes",
    "class_accuracy",
    "deployed_networks",
    "front_info",
    "knee",
    "mod_benefit",
    "mod_slots",
    "most_accurate",
    "part_at",
    "placement_info",
    "progress",
    "published_info",
    "refined_info",
    "retiming",
    "scored_points",
    "selection_info",
    "speedup_tallies",
    "swap_info",
    "training_info",
    "under",
]
