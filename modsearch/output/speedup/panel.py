"""The words, the points and the axes in the figure of realised speed-ups: whatever draws it reads this."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from modsearch.analysis import FrontInfo, RealisedSpeedup
from modsearch.output.draw.label import Box, place_labels
from modsearch.output.draw.style import FAINT, FONT_SIZE, MOD, PLAIN
from modsearch.output.speedup.words import show_speedup
from modsearch.record import Measurement

X_TITLE = "Ideal speed-up: MACs of the plain form / MACs"
Y_TITLE = "Measured speed-up: latency of the plain form / latency"
DIAGONAL, LEVEL = "All saved MACs become time", "No time is saved"
_RADIUS, _EDGE = 8.0, 4.0  # pixels


@dataclass(frozen=True)
class Mark:
    """One network at one deployment.

    Attributes:
        ideal: where it stands from left to right.
        measured: where it stands from bottom to top.
        hover: what the cursor shows, as HTML.
        name: its published name, or nothing.
    """

    ideal: float
    measured: Measurement
    hover: str
    name: str = ""


@dataclass(frozen=True)
class MarkSeries:
    """Networks that look alike; ``is_filled`` for what is compared, open and grey for dominated networks."""

    name: str
    colour: str
    symbol: Literal["circle", "diamond"]
    is_filled: bool
    marks: tuple[Mark, ...]

    @property
    def ideals(self) -> list[float]:
        """From left to right."""
        return [mark.ideal for mark in self.marks]

    @property
    def values(self) -> list[float]:
        """From bottom to top."""
        return [mark.measured.value for mark in self.marks]

    @property
    def bars(self) -> tuple[list[float], list[float]]:
        """How far each interval reaches below the value and above it."""
        measured = [mark.measured for mark in self.marks]
        return (
            [measurement.value - measurement.low for measurement in measured],
            [measurement.high - measurement.value for measurement in measured],
        )


@dataclass(frozen=True)
class SpeedupPanel:
    """One deployment. All axes of a figure run from ``low`` to ``high``: the diagonal is one, and panels compare.

    Attributes:
        title: the deployment's name and what it is.
        series: in the order of the legend.
        low: lower end of the axes.
        high: upper end.
        labels: a mark with a name, and what leads from it to the name's centre in pixels, downwards positive.
    """

    title: str
    series: tuple[MarkSeries, ...]
    low: float
    high: float
    labels: tuple[tuple[Mark, float, float], ...]


def speedup_panels(info: FrontInfo, size: float) -> tuple[SpeedupPanel, ...]:
    """One panel a deployment, ``size`` pixels wide and high inside its axes.

    Raises:
        ValueError: no network of the study was timed beside its plain form.
    """
    timed = [realised for realised in info.speedups if realised.speedup.measured]
    if not timed:
        raise ValueError(
            f"{info.study} timed no {info.light_label} network beside its plain form: there is no speed-up to draw."
        )
    places = dict.fromkeys(realised.place for realised in timed)
    drawn = {place: _series(info, [realised for realised in timed if realised.place == place]) for place in places}
    low, high = _range([mark for kinds in drawn.values() for series in kinds for mark in series.marks])
    return tuple(
        SpeedupPanel(
            title=f"{place}: {info.deployments[place].describe()}",
            series=kinds,
            low=low,
            high=high,
            labels=_labels([mark for series in kinds for mark in series.marks], low, high, size),
        )
        for place, kinds in drawn.items()
    )


def speedup_title(info: FrontInfo) -> str:
    """The headline."""
    return f"{info.study}: realised speed-up"


def speedup_subtitle(info: FrontInfo) -> str:
    """The line below the headline."""
    num_networks = len({realised.point.id for realised in info.speedups})
    num_lost, num_undecided = len(info.points_with("lost")), len(info.points_with("undecided"))
    where = " at one deployment or more" if len({realised.place for realised in info.speedups}) > 1 else ""
    text = (
        f"{num_lost} of {num_networks} {info.light_label} networks save MACs but no time against standard blocks{where}"
    )
    return f"{text}; {num_undecided} undecided"


def speedup_footnotes(info: FrontInfo) -> tuple[str, ...]:
    """The lines below the figure."""
    notes = ["Bars: 95 % intervals. Plain form: the same network with standard blocks, timed in the same rounds."]
    if any(realised.deleted for realised in info.speedups):
        notes.append(
            f"Deleted: the same networks without their {info.light_label} blocks, by way of the reference network."
        )
    environments = dict.fromkeys(
        realised.speedup.measured.environment for realised in info.speedups if realised.speedup.measured
    )
    return (*notes, *(f"Measured on {environment.describe()}." for environment in environments if environment))


def _range(marks: Sequence[Mark]) -> tuple[float, float]:
    """The ends of all axes: every mark, every interval and 1."""
    ends = [1.0, *(end for mark in marks for end in (mark.ideal, mark.measured.low, mark.measured.high))]
    margin = 0.06 * (max(ends) - min(ends)) or 0.1
    return min(ends) - margin, max(ends) + margin


def _series(info: FrontInfo, found: Sequence[RealisedSpeedup]) -> tuple[MarkSeries, ...]:
    members = {point.id for point in info.members}
    on_front = tuple(_mark(realised) for realised in found if realised.point.id in members)
    dominated = tuple(_mark(realised) for realised in found if realised.point.id not in members)
    deleted = tuple(mark for realised in found if (mark := _deleted_mark(realised)) is not None)
    kinds = (
        MarkSeries(f"{info.light_label}, on the front", MOD, "circle", True, on_front),
        MarkSeries(f"{info.light_label}, dominated", FAINT, "circle", False, dominated),
        MarkSeries(f"{info.light_label} blocks deleted", PLAIN, "diamond", True, deleted),
    )
    return tuple(series for series in kinds if series.marks)


def _mark(found: RealisedSpeedup) -> Mark:
    assert found.speedup.measured is not None
    point = found.point
    lines = [f"<b>{escape(point.published or point.placement)}</b>  {point.id}", escape(point.description)]
    lines += [escape(show_speedup(found.speedup))]
    lines += (
        [f"{point.architecture.light_label} blocks deleted: {escape(show_speedup(found.deleted))}"]
        if found.deleted
        else []
    )
    return Mark(found.speedup.ideal, found.speedup.measured, "<br>".join(lines), point.published or "")


def _deleted_mark(found: RealisedSpeedup) -> Mark | None:
    if found.deleted is None or found.deleted.measured is None:
        return None
    lines = (
        f"<b>{found.point.id} without its {found.point.architecture.light_label} blocks</b>",
        escape(show_speedup(found.deleted)),
    )
    return Mark(found.deleted.ideal, found.deleted.measured, "<br>".join(lines))


def _labels(marks: Sequence[Mark], low: float, high: float, size: float) -> tuple[tuple[Mark, float, float], ...]:
    """Names that cover no marker, as far as there is room."""

    def pixel(mark: Mark) -> tuple[float, float]:
        x, y = ((value - low) / (high - low) * size for value in (mark.ideal, mark.measured.value))
        return x, size - y

    named = [mark for mark in marks if mark.name]
    around = [Box(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS) for x, y in map(pixel, marks)]
    sizes = [(0.58 * FONT_SIZE * len(mark.name), 1.3 * FONT_SIZE) for mark in named]
    canvas = Box(_EDGE, _EDGE, size - _EDGE, size - _EDGE)
    offsets = place_labels([pixel(mark) for mark in named], sizes, around, canvas)
    return tuple((mark, dx, dy) for mark, (dx, dy) in zip(named, offsets, strict=True))
