"""Published networks beside their paper as an interactive page: one HTML file that works without a network."""

from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from modsearch.output.comparison.series import (
    AXIS,
    TITLE,
    RatioSeries,
    conditions,
    ratio_range,
    ratio_series,
    row_names,
)
from modsearch.output.draw.page import layout, to_page
from modsearch.output.draw.style import FAINT, GRID, INK
from modsearch.record import Comparison

_SYMBOLS = {"circle": "circle", "diamond": "diamond", "square": "square", "triangle": "triangle-up"}
_WIDTH, _ROW, _TOP, _BOTTOM = 980, 26, 130, 70


def comparison_page(found: Sequence[Comparison]) -> str:
    """A page that holds plotly.js itself."""
    return to_page(comparison_plot(found), TITLE, "comparison")


def comparison_plot(found: Sequence[Comparison]) -> go.Figure:
    """One network a row; the cursor shows a point's value and interval."""
    names = row_names(found)
    height = _TOP + max(1, len(names)) * _ROW + _BOTTOM
    figure = go.Figure([_trace(series, names) for series in ratio_series(found)])
    figure.add_vline(x=1, line={"color": INK, "width": 1.2, "dash": "dot"}, layer="below")
    figure.update_layout(layout(TITLE, conditions(found)), width=_WIDTH, height=height)
    figure.update_layout(title={"x": 0.01, "xref": "container"})  # the names are wide: clear of the buttons
    figure.update_layout(legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"})
    figure.update_layout(margin={"l": 10, "r": 30, "t": _TOP, "b": _BOTTOM})
    ticks = {"tickvals": list(range(len(names))), "ticktext": [escape(name) for name in names], "automargin": True}
    figure.update_yaxes(range=[max(1, len(names)) - 0.5, -0.5], gridcolor=GRID, zeroline=False, **ticks)
    lines = {"gridcolor": GRID, "linecolor": FAINT, "zeroline": False, "showline": True}
    figure.update_xaxes(title=AXIS, range=ratio_range(found), **lines)
    return figure


def _trace(series: RatioSeries, names: Sequence[str]) -> go.Scatter:
    face, edge = (series.colour, "#fff") if series.is_filled else ("rgba(0,0,0,0)", series.colour)
    marker = {"symbol": _SYMBOLS[series.symbol], "size": 9, "color": face, "line": {"width": 1.3, "color": edge}}
    bars: dict[str, Any] = {"type": "data", "symmetric": False, "array": series.above, "arrayminus": series.below}
    return go.Scatter(
        x=series.ratios,
        y=series.rows,
        error_x=bars | {"color": series.colour, "thickness": 1.4, "width": 0, "visible": series.is_filled},
        mode="markers",
        marker=marker,
        name=series.name,
        hovertext=[_hover(series, index, names[row]) for index, row in enumerate(series.rows)],
        hoverinfo="text",
    )


def _hover(series: RatioSeries, index: int, network: str) -> str:
    value = series.ratios[index]
    ends = f" ({value - series.below[index]:.3f}-{value + series.above[index]:.3f})" if series.is_filled else ""
    return f"<b>{escape(network)}</b><br>{escape(series.name)}: <b>{value:.3f}</b>{ends}"
