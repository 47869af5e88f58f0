"""Axes, step line and names of one panel of a front's figure: accuracy against one cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from modsearch.analysis import FrontInfo, FrontPoint, Objective
from modsearch.output.draw.label import Box, place_labels
from modsearch.output.draw.style import FONT_SIZE
from modsearch.output.front.series import point_name, reference_point
from modsearch.output.quantity import scale

Corner = tuple[float, float]
# Pixels. A name may rather cross an error bar than stand far off.
_MARKER_RADIUS, _STEP_MARGIN, _BAR_MARGIN, _EDGE = 8.0, 2.0, 0.5, 4.0


@dataclass(frozen=True)
class Axis:
    """One objective as an axis; all values are multiplied by ``factor`` before they are drawn.

    Attributes:
        objective: what is drawn.
        title: with the unit, unless the ticks carry it.
        factor: such as 100 for percent.
        suffix: of tick labels.
        low: left or lower end, already multiplied.
        high: right or upper end, already multiplied.
    """

    objective: Objective
    title: str
    factor: float
    suffix: str
    low: float
    high: float

    def value(self, point: FrontPoint) -> float:
        """The point's value as drawn."""
        return point.scores[self.objective.name].value * self.factor

    def interval(self, point: FrontPoint) -> tuple[float, float]:
        """The ends of the point's interval as drawn."""
        measured = point.scores[self.objective.name]
        return measured.low * self.factor, measured.high * self.factor

    def bars(self, points: Sequence[FrontPoint]) -> tuple[list[float], list[float]]:
        """How far each point's interval reaches below it and above it."""
        drawn = [(self.value(point), *self.interval(point)) for point in points]
        return [value - low for value, low, _ in drawn], [high - value for value, _, high in drawn]

    def share(self, value: float) -> float:
        """Where a drawn value lies on the axis, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Label:
    """A name beside a point; ``dx`` and ``dy`` lead to its centre in pixels, downwards positive."""

    text: str
    point: FrontPoint
    dx: float
    dy: float


@dataclass(frozen=True)
class Panel:
    """Accuracy against one cost.

    Attributes:
        x: the cost.
        y: the accuracy.
        steps: corners of the step line through the front against this cost alone, as drawn.
        labels: the names of published networks.
        reference_x: the reference network's cost, as drawn; None where it is not known.
    """

    x: Axis
    y: Axis
    steps: tuple[Corner, ...]
    labels: tuple[Label, ...]
    reference_x: float | None


def panels(info: FrontInfo, width: float, height: float) -> tuple[Panel, ...]:
    """One panel a cost, each ``width`` x ``height`` pixels inside its axes."""
    return tuple(_panel(info, cost, width, height) for cost in info.costs)


def _panel(info: FrontInfo, cost: Objective, width: float, height: float) -> Panel:
    reference = _reference_cost(info, cost)
    x = _axis(cost, info.points, () if reference is None else (reference,))
    y = _axis(info.accuracy, info.points, ())
    steps = _steps(info, x, y)
    labels = _Canvas(x, y, width, height).labels(info, steps)
    return Panel(x, y, steps, labels, None if reference is None else reference * x.factor)


def _reference_cost(info: FrontInfo, cost: Objective) -> float | None:
    """1 for relative costs, by definition; else as scored."""
    if cost.unit == "x reference":
        return 1.0
    point = reference_point(info)
    return point.scores[cost.name].value if point else None


def _axis(objective: Objective, points: Sequence[FrontPoint], more: Sequence[float]) -> Axis:
    """An axis that holds every interval, and the values in ``more``, with a margin."""
    measured = [point.scores[objective.name] for point in points]
    lowest = min([*(measurement.low for measurement in measured), *more], default=0.0)
    highest = max([*(measurement.high for measurement in measured), *more], default=1.0)
    factor, suffix = scale(objective.unit, highest)
    margin = 0.07 * (highest - lowest) or 0.1 * abs(highest) or 1.0
    heading = objective.label[0].upper() + objective.label[1:]
    ticks = suffix if objective.unit in ("fraction", "x reference", "parameters") else ""
    return Axis(objective, heading, factor, ticks, (lowest - margin) * factor, (highest + margin) * factor)


def _steps(info: FrontInfo, x: Axis, y: Axis) -> tuple[Corner, ...]:
    """From one member right to the next one's cost, then up to it; on to the right end."""
    corners: list[Corner] = []
    for point in info.front_against(x.objective):
        if corners:
            corners.append((x.value(point), corners[-1][1]))
        corners.append((x.value(point), y.value(point)))
    return (*corners, (x.high, corners[-1][1])) if corners else ()


@dataclass(frozen=True)
class _Canvas:
    """A panel in pixels, from its upper left corner."""

    x: Axis
    y: Axis
    width: float
    height: float

    def labels(self, info: FrontInfo, steps: Sequence[Corner]) -> tuple[Label, ...]:
        """Names that cover no marker, error bar or step, as far as there is room."""
        named = [(point, point_name(point, info)) for point in info.points if point_name(point, info)]
        sizes = [(0.58 * FONT_SIZE * len(text), 1.3 * FONT_SIZE) for _, text in named]
        lines = [self._around(one, other, _STEP_MARGIN) for one, other in pairwise(steps)]
        obstacles = lines + [box for point in info.points for box in self._boxes(point)]
        canvas = Box(_EDGE, _EDGE, self.width - _EDGE, self.height - _EDGE)
        anchors = [self._pixel((self.x.value(point), self.y.value(point))) for point, _ in named]
        offsets = place_labels(anchors, sizes, obstacles, canvas)
        return tuple(Label(text, point, dx, dy) for (point, text), (dx, dy) in zip(named, offsets, strict=True))

    def _boxes(self, point: FrontPoint) -> tuple[Box, ...]:
        """The marker and the two error bars."""
        x, y = self.x.value(point), self.y.value(point)
        (left, right), (low, high) = self.x.interval(point), self.y.interval(point)
        bars = self._around((left, y), (right, y), _BAR_MARGIN), self._around((x, low), (x, high), _BAR_MARGIN)
        return (self._around((x, y), (x, y), _MARKER_RADIUS), *bars)

    def _pixel(self, corner: Corner) -> Corner:
        return self.x.share(corner[0]) * self.width, (1 - self.y.share(corner[1])) * self.height

    def _around(self, one: Corner, other: Corner, margin: float) -> Box:
        (a, b), (c, d) = self._pixel(one), self._pixel(other)
        return Box(min(a, c) - margin, min(b, d) - margin, max(a, c) + margin, max(b, d) + margin)
