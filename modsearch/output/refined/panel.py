"""Refined accuracy against cost: the points, lines and names of a panel. Whatever draws it reads this."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from modsearch.analysis import RefinedInfo, RefinedNetwork
from modsearch.output.draw.label import Box, place_labels
from modsearch.output.draw.style import FONT_SIZE, INK, MOD, MUTED, PLAIN
from modsearch.output.network import label_rank
from modsearch.output.quantity import scale
from modsearch.output.refined.interval import Interval, axis_range, log_range, of_measurement
from modsearch.output.refined.term import accuracy_of, network_name, sorted_by_cost
from modsearch.record import Control

Corner = tuple[float, float]
Y_TITLE, LADDER = "Refined accuracy (validation)", "Ladder of plain networks"
_SYMBOLS: Mapping[Control, str] = {"deleted": "v", "random": "X", "first": "<", "first_scored": ">", "narrow": "s"}
_LEAST_POINTS, _LEAST_RATIO = 1.0, 1.2  # what the axes span at least
_MOST_NAMED = 12
_RADIUS, _LINE, _EDGE, _PARTS = 7.0, 1.0, 4.0, 12


@dataclass(frozen=True)
class Mark:
    """A network: its cost from left to right, its accuracy in percent from bottom to top."""

    network: RefinedNetwork
    x: Interval
    y: Interval

    @property
    def place(self) -> Corner:
        """Where it stands."""
        return self.x.value, self.y.value

    @property
    def opacity(self) -> float | None:
        """The probability of being on the front; None where it is not known."""
        return self.network.membership


@dataclass(frozen=True)
class MarkSeries:
    """Networks that look alike; ``is_control`` for those that only stand there as a control: smaller, and grey."""

    name: str
    colour: str
    symbol: str
    is_control: bool
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class RefinedPanel:
    """Accuracy against cost.

    Attributes:
        series: in the order of the legend.
        ladder: corners of the line of plain networks.
        joints: from a network to each of its controls.
        labels: a mark that is named, its name, and what leads to the name's centre in pixels, downwards positive.
        x_title: of the cost.
        suffix: of its ticks.
        x_range: its ends, for a logarithmic axis.
        y_range: those of accuracy.
    """

    series: tuple[MarkSeries, ...]
    ladder: tuple[Corner, ...]
    joints: tuple[tuple[Corner, Corner], ...]
    labels: tuple[tuple[Mark, str, float, float], ...]
    x_title: str
    suffix: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]


def refined_panel(info: RefinedInfo, width: float, height: float) -> RefinedPanel:
    """What is drawn, ``width`` x ``height`` pixels inside the axes.

    Raises:
        ValueError: no network has been trained anew.
    """
    factor, suffix = scale(info.cost.unit, max((network.cost.value for network in info.networks), default=1.0))
    marks = tuple(
        Mark(network, of_measurement(network.cost, factor), of_measurement(accuracy_of(network.accuracy), 100))
        for network in sorted_by_cost(info.networks)
        if network.accuracy is not None
    )
    if not marks:
        raise ValueError(f"{info.study} has trained no network anew: there is nothing to draw.")
    ladder = tuple(mark.place for mark in marks if "ladder" in mark.network.roles)
    joints = tuple(_joints(info, {mark.network.id: mark for mark in marks}))
    ranges = log_range([mark.x for mark in marks], _LEAST_RATIO), axis_range([mark.y for mark in marks], _LEAST_POINTS)
    canvas = _Canvas(*ranges, width, height)
    labels = canvas.labels(marks, (*pairwise(ladder), *joints))
    title = info.cost.label[0].upper() + info.cost.label[1:]
    ticks = suffix if info.cost.unit in ("x reference", "parameters") else ""
    return RefinedPanel(tuple(_series(info, marks)), ladder, joints, labels, title, ticks, *ranges)


def _series(info: RefinedInfo, marks: Sequence[Mark]) -> Iterator[MarkSeries]:
    """MoD networks, those with other light blocks, plain ones; then controls by their kind."""
    kinds = {mark.network.id: _control_kind(info, mark.network) for mark in marks}
    main = [mark for mark in marks if kinds[mark.network.id] is None]
    for label in sorted({mark.network.architecture.light_label for mark in main}, key=label_rank):
        chosen = tuple(mark for mark in main if mark.network.architecture.light_label == label)
        colour, symbol = (PLAIN, "D") if not label else (MOD, "o") if label == "MoD" else (INK, "s")
        yield MarkSeries(label or "Plain", colour, symbol, False, chosen)
    for control, symbol in _SYMBOLS.items():
        chosen = tuple(mark for mark in marks if kinds[mark.network.id] == control)
        if chosen:
            yield MarkSeries(f"Control: {control.replace('_', ' ')}", MUTED, symbol, True, chosen)


def _control_kind(info: RefinedInfo, network: RefinedNetwork) -> Control | None:
    """Which control a network is that was trained as nothing else."""
    if set(network.roles) != {"control"}:
        return None
    found = [planned for planned in info.plan.networks if planned.id == network.id]
    return next((kind for planned in found for kind in planned.control_of.values()), None)


def _joints(info: RefinedInfo, marks: Mapping[str, Mark]) -> Iterator[tuple[Corner, Corner]]:
    for planned in info.plan.networks:
        for of_id in planned.control_of:
            if planned.id in marks and of_id in marks:
                yield marks[of_id].place, marks[planned.id].place


def _named(marks: Sequence[Mark]) -> list[Mark]:
    """Published networks; and those that the rows of the other panel name, unless they are many."""
    held = [mark for mark in marks if mark.network.controls]
    ids = {mark.network.id for mark in held} if len(held) <= _MOST_NAMED else set()
    return [mark for mark in marks if "published" in mark.network.roles or mark.network.id in ids]


@dataclass(frozen=True)
class _Canvas:
    """A panel in pixels, from its upper left corner."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    width: float
    height: float

    def labels(
        self, marks: Sequence[Mark], lines: Sequence[tuple[Corner, Corner]]
    ) -> tuple[tuple[Mark, str, float, float], ...]:
        """Names that cover no marker, interval or line, as far as there is room."""
        named = [(mark, network_name(mark.network)) for mark in _named(marks)]
        sizes = [(0.58 * FONT_SIZE * len(text), 1.3 * FONT_SIZE) for _, text in named]
        obstacles = [box for line in lines for box in self._along(*line)]
        obstacles += [box for mark in marks for box in self._boxes(mark)]
        canvas = Box(_EDGE, _EDGE, self.width - _EDGE, self.height - _EDGE)
        offsets = place_labels([self._pixel(mark.place) for mark, _ in named], sizes, obstacles, canvas)
        return tuple((mark, text, dx, dy) for (mark, text), (dx, dy) in zip(named, offsets, strict=True))

    def _boxes(self, mark: Mark) -> tuple[Box, ...]:
        """The marker and its two intervals."""
        x, y = mark.place
        across, up = (
            self._around((mark.x.low, y), (mark.x.high, y), _LINE),
            self._around((x, mark.y.low), (x, mark.y.high), _LINE),
        )
        return self._around((x, y), (x, y), _RADIUS), across, up

    def _along(self, one: Corner, other: Corner) -> Iterator[Box]:
        """A line that slopes, in short parts."""
        (a, b), (c, d) = self._pixel(one), self._pixel(other)
        corners = [(a + (c - a) * step / _PARTS, b + (d - b) * step / _PARTS) for step in range(_PARTS + 1)]
        return (_box(start, end, _LINE) for start, end in pairwise(corners))

    def _pixel(self, corner: Corner) -> Corner:
        left, right = map(log, self.x_range)
        low, high = self.y_range
        x = (log(max(corner[0], self.x_range[0])) - left) / (right - left)
        return x * self.width, (1 - (corner[1] - low) / (high - low)) * self.height

    def _around(self, one: Corner, other: Corner, margin: float) -> Box:
        return _box(self._pixel(one), self._pixel(other), margin)


def _box(one: Corner, other: Corner, margin: float) -> Box:
    (a, b), (c, d) = one, other
    return Box(min(a, c) - margin, min(b, d) - margin, max(a, c) + margin, max(b, d) + margin)
