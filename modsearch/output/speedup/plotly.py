"""Realised speed-ups as an interactive page: one HTML file that works without a network."""

from html import escape
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from modsearch.analysis import FrontInfo
from modsearch.output.draw.page import layout, to_page
from modsearch.output.draw.style import FAINT, GRID, INK, MUTED, footnote_room
from modsearch.output.speedup.panel import (
    DIAGONAL,
    LEVEL,
    X_TITLE,
    Y_TITLE,
    MarkSeries,
    SpeedupPanel,
    speedup_footnotes,
    speedup_panels,
    speedup_subtitle,
    speedup_title,
)

_SIZE, _LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 480, 80, 190, 110, 115, 90


def speedup_page(info: FrontInfo) -> str:
    """A page that holds plotly.js itself."""
    return to_page(speedup_plot(info), speedup_title(info), "speedup")


def speedup_plot(info: FrontInfo) -> go.Figure:
    """The speed-ups as a plotly figure, one panel a deployment; the cursor shows a network's numbers."""
    drawn = speedup_panels(info, _SIZE)
    inner = len(drawn) * _SIZE + (len(drawn) - 1) * _GAP
    titles = [escape(drawn_panel.title) for drawn_panel in drawn]
    figure = make_subplots(1, len(drawn), horizontal_spacing=_GAP / inner, subplot_titles=titles)
    figure.update_annotations(font={"size": 12, "color": MUTED})
    shown: set[str] = set()
    for column, panel in enumerate(drawn, start=1):
        _add_panel(figure, panel, column, shown)
    bottom = _BOTTOM + footnote_room(len(speedup_footnotes(info)))
    figure.update_layout(width=inner + _LEFT + _RIGHT, height=_SIZE + _TOP + bottom)
    figure.update_layout(layout(speedup_title(info), speedup_subtitle(info)))
    figure.update_layout(legend={"orientation": "v", "x": 1.01, "y": 1, "xanchor": "left"})
    figure.update_layout(margin={"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": bottom})
    notes = "<br>".join(escape(line) for line in speedup_footnotes(info))
    corner: dict[str, Any] = {"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"}
    font = {"size": 11, "color": MUTED}
    figure.add_annotation(text=notes, **corner, yshift=-58, align="left", showarrow=False, font=font)
    return figure


def _add_panel(figure: go.Figure, panel: SpeedupPanel, column: int, shown: set[str]) -> None:
    where = {"row": 1, "col": column}
    for ends, line, name in (
        ((panel.low, panel.high), {"color": INK, "width": 1.2}, DIAGONAL),
        ((1.0, 1.0), {"color": INK, "width": 1.2, "dash": "dot"}, LEVEL),
    ):
        entry = {"name": name, "showlegend": name not in shown, "legendgroup": name, "legendrank": 9}
        xs = [panel.low, panel.high]
        figure.add_trace(go.Scatter(x=xs, y=ends, mode="lines", line=line, hoverinfo="skip", **entry), **where)
        shown.add(name)
    for rank, series in reversed(list(enumerate(panel.series))):
        figure.add_trace(_trace(series, rank, series.name not in shown), **where)
        shown.add(series.name)
    figure.add_hrect(y0=panel.low, y1=1, fillcolor=GRID, opacity=0.6, line_width=0, layer="below", **where)
    for mark, dx, dy in panel.labels:
        leader = {"showarrow": True, "arrowhead": 0, "arrowwidth": 0.8, "arrowcolor": MUTED, "standoff": 6}
        place = {"x": mark.ideal, "y": mark.measured.value, "ax": dx, "ay": dy}
        figure.add_annotation(text=escape(mark.name), **place, **leader, **where)
    lines = {"gridcolor": GRID, "linecolor": FAINT, "showline": True, "zeroline": False, "ticksuffix": "x", "nticks": 8}
    ticks = {"range": [panel.low, panel.high], "tickfont": {"color": MUTED}, "ticks": "outside", "tickcolor": FAINT}
    figure.update_xaxes(title={"text": X_TITLE, "standoff": 12}, **lines, **ticks, **where)
    heading = {"text": Y_TITLE, "standoff": 12} if column == 1 else None
    figure.update_yaxes(title=heading, **lines, **ticks, **where)


def _trace(series: MarkSeries, rank: int, is_shown: bool) -> go.Scatter:
    face, edge = (series.colour, "#fff") if series.is_filled else ("#fff", MUTED)
    marker: dict[str, Any] = {
        "symbol": series.symbol,
        "size": 10 if series.is_filled else 8,
        "color": face,
        "opacity": 1,
    }
    below, above = series.bars
    bars: dict[str, Any] = {"type": "data", "symmetric": False, "array": above, "arrayminus": below}
    return go.Scatter(
        x=series.ideals,
        y=series.values,
        error_y=bars | {"color": series.colour, "thickness": 1.1, "width": 0},
        mode="markers",
        marker=marker | {"line": {"width": 1.2, "color": edge}},
        name=series.name,
        legendgroup=series.name,
        legendrank=rank + 1,
        showlegend=is_shown,
        hovertext=[mark.hover for mark in series.marks],
        hoverinfo="text",
    )
