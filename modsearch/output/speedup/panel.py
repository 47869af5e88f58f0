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
        return [each.ideal for each in self.marks]

    @property
    def values(self) -> list[float]:
        """From bottom to top."""
        return [each.measured.value for each in self.marks]

    @property
    def bars(self) -> tuple[list[float], list[float]]:
        """How far each interval reaches below the value and above it."""
        measured = [each.measured for each in self.marks]
        return [each.value - each.low for each in measured], [each.high - each.value for each in measured]


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
    timed = [each for each in info.speedups if each.speedup.measured]
    if not timed:
        raise ValueError(f"{info.study} timed no MoD network beside its plain form: there is no speed-up to draw.")
    places = dict.fromkeys(each.place for each in timed)
    drawn = {place: _series(info, [each for each in timed if each.place == place]) for place in places}
    low, high = _range([mark for kinds in drawn.values() for each in kinds for mark in each.marks])
    return tuple(
        SpeedupPanel(
            title=f"{place}: {info.deployments[place].describe()}",
            series=kinds,
            low=low,
            high=high,
            labels=_labels([mark for each in kinds for mark in each.marks], low, high, size),
        )
        for place, kinds in drawn.items()
    )


def speedup_title(info: FrontInfo) -> str:
    """The headline."""
    return f"{info.study}: realised speed-up"


def speedup_subtitle(info: FrontInfo) -> str:
    """The line below the headline."""
    num_networks = len({each.point.id for each in info.speedups})
    num_lost, num_undecided = len(info.points_with("lost")), len(info.points_with("undecided"))
    where = " at one deployment or more" if len({each.place for each in info.speedups}) > 1 else ""
    text = f"{num_lost} of {num_networks} MoD networks save MACs but no time against standard blocks{where}"
    return f"{text}; {num_undecided} undecided"


def speedup_footnotes(info: FrontInfo) -> tuple[str, ...]:
    """The lines below the figure."""
    notes = ["Bars: 95 % intervals. Plain form: the same network with standard blocks, timed in the same rounds."]
    if any(each.deleted for each in info.speedups):
        notes.append("Deleted: the same networks without their MoD blocks, by way of the reference network.")
    environments = dict.fromkeys(each.speedup.measured.environment for each in info.speedups if each.speedup.measured)
    return (*notes, *(f"Measured on {each.describe()}." for each in environments if each))


def _range(marks: Sequence[Mark]) -> tuple[float, float]:
    """The ends of all axes: every mark, every interval and 1."""
    ends = [1.0, *(end for each in marks for end in (each.ideal, each.measured.low, each.measured.high))]
    margin = 0.06 * (max(ends) - min(ends)) or 0.1
    return min(ends) - margin, max(ends) + margin


def _series(info: FrontInfo, found: Sequence[RealisedSpeedup]) -> tuple[MarkSeries, ...]:
    members = {each.id for each in info.members}
    on_front = tuple(_mark(each) for each in found if each.point.id in members)
    dominated = tuple(_mark(each) for each in found if each.point.id not in members)
    deleted = tuple(mark for each in found if (mark := _deleted_mark(each)) is not None)
    kinds = (
        MarkSeries("MoD, on the front", MOD, "circle", True, on_front),
        MarkSeries("MoD, dominated", FAINT, "circle", False, dominated),
        MarkSeries("MoD blocks deleted", PLAIN, "diamond", True, deleted),
    )
    return tuple(each for each in kinds if each.marks)


def _mark(found: RealisedSpeedup) -> Mark:
    assert found.speedup.measured is not None
    point = found.point
    lines = [f"<b>{escape(point.published or point.placement)}</b>  {point.id}", escape(point.description)]
    lines += [escape(show_speedup(found.speedup))]
    lines += [f"MoD blocks deleted: {escape(show_speedup(found.deleted))}"] if found.deleted else []
    return Mark(found.speedup.ideal, found.speedup.measured, "<br>".join(lines), point.published or "")


def _deleted_mark(found: RealisedSpeedup) -> Mark | None:
    if found.deleted is None or found.deleted.measured is None:
        return None
    lines = (f"<b>{found.point.id} without its MoD blocks</b>", escape(show_speedup(found.deleted)))
    return Mark(found.deleted.ideal, found.deleted.measured, "<br>".join(lines))


def _labels(marks: Sequence[Mark], low: float, high: float, size: float) -> tuple[tuple[Mark, float, float], ...]:
    """Names that cover no marker, as far as there is room."""

    def pixel(mark: Mark) -> tuple[float, float]:
        x, y = ((value - low) / (high - low) * size for value in (mark.ideal, mark.measured.value))
        return x, size - y

    named = [each for each in marks if each.name]
    around = [Box(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS) for x, y in map(pixel, marks)]
    sizes = [(0.58 * FONT_SIZE * len(each.name), 1.3 * FONT_SIZE) for each in named]
    canvas = Box(_EDGE, _EDGE, size - _EDGE, size - _EDGE)
    offsets = place_labels([pixel(each) for each in named], sizes, around, canvas)
    return tuple((each, dx, dy) for each, (dx, dy) in zip(named, offsets, strict=True))
