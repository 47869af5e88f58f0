"""Screening: training stops where even an optimistic accuracy would leave a network behind the front."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, linear_regression

from scipy.stats import t as student_t

from modsearch.record import Epoch, Score, Trial, dominates
from modsearch.space import StudySpec

_MIN_CURVES = 8  # fewer say too little about how much a network can still gain
_CONFIDENCE = 0.99


@dataclass(frozen=True)
class Screen:
    """Judges a network by its learning curve so far.

    The bound comes from the study's own learning curves: a line is fitted from the accuracy after this epoch to the
    final one, and its upper 99 % prediction bound is what a network may reach. It is given up when a member of the
    front has at least that accuracy and is no worse in any other objective.

    Attributes:
        spec: the study.
        finished: the networks that were trained to the end.
        front: those of them that form the front.
    """

    spec: StudySpec
    finished: tuple[Score, ...]
    front: tuple[Trial, ...]

    def reason(self, measured: Score, curve: Sequence[Epoch]) -> str:
        """Why training is to stop after this curve; empty where it goes on."""
        hope = self.hope(curve)
        if hope is None:
            return ""
        best = [hope if name == "accuracy" else measured.metrics[name].value for name in self.spec.objectives]
        for trial in self.front:
            assert trial.score is not None
            assert trial.architecture is not None
            if dominates(trial.score.values(self.spec.objectives), best, self.spec.directions):
                return (
                    f"screened after {len(curve)} of {self.spec.fidelity.epochs} epochs: it may reach "
                    f"{hope:.3f}, and {trial.architecture.id} is better"
                )
        return ""

    def hope(self, curve: Sequence[Epoch]) -> float | None:
        """The accuracy that a network may reach; None in the last epoch, and while too few curves are known."""
        known = [each for each in self.finished if len(each.learning_curve) >= len(curve)]  # a mended record has none
        if len(known) < _MIN_CURVES or len(curve) >= self.spec.fidelity.epochs:
            return None
        now = [each.learning_curve[len(curve) - 1].accuracy for each in known]
        final = [each.metrics["accuracy"].value for each in known]
        return min(1.0, _upper_bound(now, final, curve[-1].accuracy))


def _upper_bound(x: list[float], y: list[float], at: float) -> float:
    """The upper 99 % prediction bound of the line through the points; a line that falls is taken as level."""
    num, mean_x = len(x), fmean(x)
    spread = sum((each - mean_x) ** 2 for each in x)
    slope = max(0.0, linear_regression(x, y).slope) if spread else 0.0
    level = fmean(y) - slope * mean_x
    residual = math.sqrt(sum((b - level - slope * a) ** 2 for a, b in zip(x, y, strict=True)) / (num - 2))
    distance = (at - mean_x) ** 2 / spread if spread else 0.0
    return (
        level + slope * at + float(student_t.ppf(_CONFIDENCE, num - 2)) * residual * math.sqrt(1 + 1 / num + distance)
    )
