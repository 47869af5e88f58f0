"""The front as an interactive page: one HTML file that works without a network."""

from html import escape
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from modsearch.analysis import FrontInfo
from modsearch.output.draw.page import layout, to_page
from modsearch.output.draw.style import FAINT, GRID, INK, MUTED, footnote_room
from modsearch.output.front.panel import Axis, Panel, panels
from modsearch.output.front.series import footnotes, reference_point, subtitle, title, warning
from modsearch.output.front.trace import traces

_SIZES = {1: (840, 470)}
_SMALL = (560, 430)
_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 80, 30, 110, 125, 70


def plotly_figure(info: FrontInfo) -> go.Figure:
    """The front as a plotly figure, one panel a cost; the cursor shows everything that is known about a network."""
    width, height = _SIZES.get(len(info.costs), _SMALL)
    drawn = panels(info, width, height)
    inner = len(drawn) * width + (len(drawn) - 1) * _GAP
    figure = make_subplots(1, len(drawn), shared_yaxes=True, horizontal_spacing=_GAP / inner)
    for column, panel in enumerate(drawn, start=1):
        for trace in traces(info, panel, in_legend=column == 1):
            figure.add_trace(trace, row=1, col=column)
        _add_names(figure, info, panel, column)
        figure.update_xaxes(_axis(panel.x), row=1, col=column)
        figure.update_yaxes(_axis(panel.y) | ({} if column == 1 else {"title": None}), row=1, col=column)
    top, bottom = _TOP + (22 if warning(info) else 0), _BOTTOM + footnote_room(len(footnotes(info)))
    figure.update_layout(width=inner + _LEFT + _RIGHT, height=height + top + bottom)
    figure.update_layout(layout(title(info), subtitle(info), warning(info)))
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"})
    figure.update_layout(margin={"l": _LEFT, "r": _RIGHT, "t": top, "b": bottom})
    _add_footnotes(figure, info)
    return figure


def html_page(info: FrontInfo) -> str:
    """A page that holds plotly.js itself."""
    return to_page(plotly_figure(info), title(info), "front")


def _add_names(figure: go.Figure, info: FrontInfo, panel: Panel, column: int) -> None:
    """Names of published networks; the reference network's stands at its line where it was not scored."""
    leader = {"showarrow": True, "arrowhead": 0, "arrowwidth": 0.8, "arrowcolor": MUTED, "standoff": 6}
    centre = {"xanchor": "center", "yanchor": "middle", "borderpad": 1}
    for label in panel.labels:
        place = {"x": panel.x.value(label.point), "y": panel.y.value(label.point), "ax": label.dx, "ay": label.dy}
        figure.add_annotation(text=escape(label.text), **place, **leader, **centre, row=1, col=column)
    if panel.reference_x is not None and reference_point(info) is None:
        corner = {"x": panel.reference_x, "y": panel.y.low, "xanchor": "right", "yanchor": "bottom", "xshift": -4}
        style = {"showarrow": False, "font": {"color": MUTED}}
        figure.add_annotation(text=f"{info.reference_name} (reference)", **corner, **style, row=1, col=column)


def _axis(axis: Axis) -> dict[str, Any]:
    heading = {"text": axis.title, "font": {"size": 13, "color": INK}, "standoff": 12}
    ticks = {"ticksuffix": axis.suffix, "tickfont": {"color": MUTED}, "ticks": "outside", "tickcolor": FAINT}
    lines = {"gridcolor": GRID, "linecolor": FAINT, "showline": True, "zeroline": False}
    return {"title": heading, "range": [axis.low, axis.high], "showticklabels": True, **ticks, **lines}


def _add_footnotes(figure: go.Figure, info: FrontInfo) -> None:
    text = "<br>".join(escape(line) for line in footnotes(info))
    place: dict[str, Any] = {
        "x": 0,
        "y": 0,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "yshift": -62,
    }
    figure.add_annotation(text=text, **place, align="left", showarrow=False, font={"size": 11, "color": MUTED})
