"""Screening: training stops where even an optimistic accuracy would leave a network behind the front."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import t as student_t

from modsearch.record import Epoch, Score
from modsearch.space import StudySpec
from modsearch.statistic import dominates

_MIN_CURVES = 8  # fewer say too little about how much a network can still gain
_CONFIDENCE = 0.99


@dataclass(frozen=True)
class Line:
    """The line through points that come one after the other: means and sums of squares, which need no point again.

    They are renewed as in Welford, Technometrics 4 (1962) 419: sums of large squares would not cancel exactly.
    """

    num: int = 0
    mean_x: float = 0.0
    mean_y: float = 0.0
    spread_x: float = 0.0
    spread_y: float = 0.0
    product: float = 0.0

    def through(self, x: float, y: float) -> "Line":
        """The line with another point."""
        num, x_off, y_off = self.num + 1, x - self.mean_x, y - self.mean_y
        mean_x, mean_y = self.mean_x + x_off / num, self.mean_y + y_off / num
        return Line(
            num,
            mean_x,
            mean_y,
            self.spread_x + x_off * (x - mean_x),
            self.spread_y + y_off * (y - mean_y),
            self.product + x_off * (y - mean_y),
        )

    def upper_bound(self, at: float) -> float:
        """The upper 99 % prediction bound of y; a line that falls is taken as level."""
        slope = max(0.0, self.product / self.spread_x) if self.spread_x else 0.0
        squares = max(0.0, self.spread_y - slope * (2 * self.product - slope * self.spread_x))
        residual = math.sqrt(squares / (self.num - 2))
        distance = (at - self.mean_x) ** 2 / self.spread_x if self.spread_x else 0.0
        quantile = float(student_t.ppf(_CONFIDENCE, self.num - 2))
        return self.mean_y + slope * (at - self.mean_x) + quantile * residual * math.sqrt(1 + 1 / self.num + distance)


class Curves:
    """What the learning curves of a study say: for each epoch, the line from the accuracy then to the final one.

    Attributes:
        lines: the first is of epoch 1.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def add(self, score: Score) -> None:
        """Enter a network that was trained to the end; a mended record has no curve."""
        final = score.metrics["accuracy"].value
        self.lines += [Line()] * (len(score.learning_curve) - len(self.lines))
        for index, epoch in enumerate(score.learning_curve):
            assert epoch.accuracy is not None
            self.lines[index] = self.lines[index].through(epoch.accuracy, final)


@dataclass(frozen=True)
class Rival:
    """A member of the front.

    Attributes:
        network: its id.
        values: of the objectives.
    """

    network: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Screen:
    """Judges a network by its learning curve so far. It goes to a worker with each network, so it is small.

    The bound comes from the study's own learning curves: a line is fitted from the accuracy after this epoch to the
    final one, and its upper 99 % prediction bound is what a network may reach. It is given up when a member of the
    front has at least that accuracy and is no worse in any other objective.

    Attributes:
        spec: the study.
        lines: what the networks that were trained to the end say, by epoch.
        front: those of them that form the front.
    """

    spec: StudySpec
    lines: tuple[Line, ...]
    front: tuple[Rival, ...]

    def reason(self, measured: Score, curve: Sequence[Epoch]) -> str:
        """Why training is to stop after this curve; empty where it goes on, or another machine still times it."""
        hope = self.hope(curve)
        is_known = all(name in measured.metrics for name in self.spec.objectives if name != "accuracy")
        if hope is None or not is_known:
            return ""
        best = [hope if name == "accuracy" else measured.metrics[name].value for name in self.spec.objectives]
        for rival in self.front:
            if dominates(rival.values, best, self.spec.directions):
                return (
                    f"screened after {len(curve)} of {self.spec.fidelity.epochs} epochs: it may reach "
                    f"{hope:.3f}, and {rival.network} is better"
                )
        return ""

    def hope(self, curve: Sequence[Epoch]) -> float | None:
        """The accuracy that a network may reach; None in the last epoch, and while too few curves are known."""
        line = self.lines[len(curve) - 1] if len(curve) <= len(self.lines) else Line()
        if line.num < _MIN_CURVES or len(curve) >= self.spec.fidelity.epochs:
            return None
        assert curve[-1].accuracy is not None
        return min(1.0, line.upper_bound(curve[-1].accuracy))
