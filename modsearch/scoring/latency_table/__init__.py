"""Latency tables: what is timed for one, and how the costs of parts follow from it."""

from modsearch.scoring.latency_table.cost_model import CostModel
from modsearch.scoring.latency_table.measure import (
    GROUP,
    NUM_CALIBRATION,
    begin_latency_table,
    measure_latency_table,
    table_protocol,
    time_group,
)
from modsearch.scoring.latency_table.part_list import PartList, draw_networks, list_parts

__all__ = [
    "GROUP",
    "NUM_CALIBRATION",
    "CostModel",
    "PartList",
    "begin_latency_table",
    "draw_networks",
    "list_parts",
    "measure_latency_table",
    "table_protocol",
    "time_group",
]
