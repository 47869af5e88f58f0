"""The traces of one panel of a front's page: points, error bars, the step line, and what the cursor shows."""

from html import escape
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from modsearch.analysis import FrontInfo, FrontPoint
from modsearch.output.draw.style import FAINT, INK, MUTED, WARNING
from modsearch.output.front.panel import Axis, Panel
from modsearch.output.front.series import RINGS, Series, opacity, reference_point, ringed_points, rings, series
from modsearch.output.quantity import show_measurement, show_probability
from modsearch.output.speedup.words import show_speedup
from modsearch.record import Outcome

_SYMBOLS: dict[Outcome, str] = {"lost": "circle-open", "undecided": "square-open"}


def traces(info: FrontInfo, panel: Panel, in_legend: bool) -> list[go.Scatter]:
    """From the background to the foreground."""
    ranked = [_markers(info, kind, panel, in_legend, rank) for rank, kind in enumerate(series(info))]
    reference = reference_point(info)
    ring = [_ring(reference, panel)] if reference else []
    marked = [_rings(info, outcome, panel, in_legend) for outcome in rings(info)]
    return [*_reference_line(panel), _step_line(panel, in_legend), *reversed(ranked), *marked, *ring]


def hover(point: FrontPoint, info: FrontInfo) -> str:
    """What the cursor shows: name, id, the blocks, every score with its interval, and what the light blocks save."""
    lines = [f"<b>{escape(point.published or point.placement)}</b>  {point.id}"]
    lines += [escape(line) for line in wrap(point.description, 72)]
    lines += [f"{escape(name)}: <b>{show_measurement(score)}</b>" for name, score in point.scores.items()]
    lines += [
        f"{escape(realised.place)}: {escape(show_speedup(realised.speedup))}" for realised in info.speedups_of(point)
    ]
    if point.id in info.membership:
        lines.append(f"P(front): <b>{escape(show_probability(info.membership[point.id]))}</b>")
    if point.deleted_form:
        lines.append(f"without its {point.architecture.light_label} blocks: {point.deleted_form}")
    return "<br>".join(lines)


def _reference_line(panel: Panel) -> list[go.Scatter]:
    """A trace and no shape: plotly draws shapes either above all markers or below the grid."""
    if panel.reference_x is None:
        return []
    line = {"color": FAINT, "width": 1.2, "dash": "dot"}
    ends = {"x": [panel.reference_x] * 2, "y": [panel.y.low, panel.y.high]}
    return [go.Scatter(**ends, mode="lines", line=line, name="Reference cost", showlegend=False, hoverinfo="skip")]


def _step_line(panel: Panel, in_legend: bool) -> go.Scatter:
    xs, ys = ([corner[axis] for corner in panel.steps] for axis in (0, 1))
    style: dict[str, Any] = {
        "mode": "lines",
        "line": {"color": INK, "width": 1.4},
        "hoverinfo": "skip",
        "legendrank": 9,
    }
    return go.Scatter(x=xs, y=ys, name="Front", showlegend=in_legend, legendgroup="Front", **style)


def _markers(info: FrontInfo, kind: Series, panel: Panel, in_legend: bool, rank: int) -> go.Scatter:
    face, edge = (kind.colour, "#fff") if kind.is_front else ("#fff", MUTED)
    marker: dict[str, Any] = {"symbol": kind.shape, "size": 11 if kind.is_front else 8}
    shades = [opacity(info, point) for point in kind.points]
    marker |= {"color": face, "opacity": shades if kind.is_front else 1, "line": {"width": 1.2, "color": edge}}
    return go.Scatter(
        x=[panel.x.value(point) for point in kind.points],
        y=[panel.y.value(point) for point in kind.points],
        error_x=_bars(kind, panel.x),
        error_y=_bars(kind, panel.y),
        mode="markers",
        marker=marker,
        name=kind.name,
        legendgroup=kind.name,
        legendrank=rank + 1,
        showlegend=in_legend,
        hovertext=[hover(point, info) for point in kind.points],
        hoverinfo="text",
    )


def _bars(kind: Series, axis: Axis) -> dict[str, Any]:
    below, above = axis.bars(kind.points)
    red, green, blue = (int(kind.colour[start : start + 2], 16) for start in (1, 3, 5))
    return {
        "type": "data",
        "symmetric": False,
        "arrayminus": below,
        "array": above,
        "color": f"rgba({red},{green},{blue},0.45)",
        "thickness": 1.1,
        "width": 0,
    }


def _ring(point: FrontPoint, panel: Panel) -> go.Scatter:
    marker: dict[str, Any] = {"symbol": "circle-open", "size": 19, "color": INK, "line": {"width": 1.4}}
    place: dict[str, Any] = {"x": [panel.x.value(point)], "y": [panel.y.value(point)]}
    return go.Scatter(**place, mode="markers", marker=marker, name="Reference", showlegend=False, hoverinfo="skip")


def _rings(info: FrontInfo, outcome: Outcome, panel: Panel, in_legend: bool) -> go.Scatter:
    points, name = ringed_points(info, outcome, panel.x.objective), RINGS[outcome]
    marker: dict[str, Any] = {"symbol": _SYMBOLS[outcome], "size": 16, "color": WARNING, "line": {"width": 1.3}}
    drawn = (("x", panel.x), ("y", panel.y))
    places: dict[str, list[float | None]] = {
        axis: [drawn_axis.value(point) for point in points] for axis, drawn_axis in drawn
    }
    if not points:
        places = {"x": [None], "y": [None]}  # what has no points at all is left out of the legend
    entry: dict[str, Any] = {"name": name, "showlegend": in_legend, "legendgroup": name, "legendrank": 8}
    return go.Scatter(**places, mode="markers", marker=marker, hoverinfo="skip", **entry)
