"""What was found: measurements, scores, trials, and the front among them."""

from modsearch.record.comparison import RATIOS, Comparison
from modsearch.record.confirmation import awaiting, measured_name, measured_part, predicted_objectives
from modsearch.record.constraint import excesses, violations
from modsearch.record.latency_table import (
    LatencyTable,
    PartCost,
    TimedNetwork,
    read_latency_table,
    write_latency_table,
)
from modsearch.record.measurement import (
    SPEEDUP_UNIT,
    Environment,
    Epoch,
    Measurement,
    OnEpoch,
    Outcome,
    Score,
    Speedup,
    Timed,
    Trained,
)
from modsearch.record.plan import ImageCount, Plan, TrialCost, name_left_out
from modsearch.record.prediction import latency_tables, latency_tables_digest
from modsearch.record.profile import Count, LayerRow, Profile
from modsearch.record.refinement import CONTROLS, Control, Planned, Refined, RefinementPlan, Role
from modsearch.record.remeasurement import Missed, Remeasurement, TimingJob, place_name
from modsearch.record.search_time import curve_gain, hypervolume_curve, hypervolume_gain, search_seconds
from modsearch.record.selection import BlockPicks, NetworkPicks, Selectivity, hardly_selects
from modsearch.record.survey import Survey
from modsearch.record.task import Task
from modsearch.record.training import ClassResult, Judged, TrainingRequest, TrainingResult
from modsearch.record.trial import State, Trial
from modsearch.record.uncertainty import remeasured, timed_score, uncertain

__all__ = [
    "CONTROLS",
    "RATIOS",
    "SPEEDUP_UNIT",
    "BlockPicks",
    "ClassResult",
    "Comparison",
    "Control",
    "Count",
    "Environment",
    "Epoch",
    "ImageCount",
    "Judged",
    "LatencyTable",
    "LayerRow",
    "Measurement",
    "Missed",
    "NetworkPicks",
    "OnEpoch",
    "Outcome",
    "PartCost",
    "Plan",
    "Planned",
    "Profile",
    "Refined",
    "RefinementPlan",
    "Remeasurement",
    "Role",
    "Score",
    "Selectivity",
    "Speedup",
    "State",
    "Survey",
    "Task",
    "Timed",
    "TimedNetwork",
    "TimingJob",
    "Trained",
    "TrainingRequest",
    "TrainingResult",
    "Trial",
    "TrialCost",
    "awaiting",
    "curve_gain",
    "excesses",
    "hardly_selects",
    "hypervolume_curve",
    "hypervolume_gain",
    "latency_tables",
    "latency_tables_digest",
    "measured_name",
    "measured_part",
    "name_left_out",
    "place_name",
    "predicted_objectives",
    "read_latency_table",
    "remeasured",
    "search_seconds",
    "timed_score",
    "uncertain",
    "violations",
    "write_latency_table",
]
