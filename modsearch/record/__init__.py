"""What was found: measurements, scores, trials, and the front among them."""

from modsearch.record.front import dominates, hypervolume, pareto_front
from modsearch.record.measurement import Environment, Epoch, Measurement, Score, Trained
from modsearch.record.trial import State, Trial

__all__ = [
    "Environment",
    "Epoch",
    "Measurement",
    "Score",
    "State",
    "Trained",
    "Trial",
    "dominates",
    "hypervolume",
    "pareto_front",
]
