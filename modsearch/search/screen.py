"""Screening: training stops where even an optimistic accuracy would leave a network behind the front."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import pstdev

from modsearch.record import Epoch, Score, Trial, dominates
from modsearch.space import StudySpec

_MIN_CURVES = 12  # fewer say too little about how much a network can still gain


@dataclass(frozen=True)
class Screen:
    """Judges a network by its learning curve so far.

    The bound is the accuracy now, plus the most that any network of the study gained from this epoch to its final
    accuracy, plus one standard deviation of those gains. A network is given up when a member of the front has at least
    that accuracy and is no worse in any other objective.

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
        at = len(curve) - 1
        if len(self.finished) < _MIN_CURVES or len(curve) >= self.spec.fidelity.epochs:
            return None
        gains = [each.metrics["accuracy"].value - each.learning_curve[at].accuracy for each in self.finished]
        return min(1.0, curve[-1].accuracy + max(gains) + pstdev(gains))
