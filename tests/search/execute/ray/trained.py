"""An evaluator that trains for real, and measures by a table."""

from modsearch.architecture import Architecture
from modsearch.record import Score
from modsearch.scoring import LocalEvaluator
from tests.conformance.tabulated import TabulatedEvaluator


class TrainedEvaluator(LocalEvaluator):
    def measure(self, architecture: Architecture) -> Score:
        return TabulatedEvaluator().measure(architecture)
