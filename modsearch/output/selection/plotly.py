"""Pick rates as an interactive page: one HTML file that works without a network."""

from html import escape
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from modsearch.analysis import SelectionInfo
from modsearch.output.draw.page import layout, to_page
from modsearch.output.draw.style import FAINT, GRID, INK, MUTED
from modsearch.output.selection.grid import BOTTOM, GAP_X, GAP_Y, LEFT, RIGHT, TOP, Grid
from modsearch.output.selection.words import (
    ALL_FILL,
    ALL_LINE,
    SelectionPanel,
    class_colour,
    marker_size,
    selection_axes,
    selection_footnotes,
    selection_panels,
    selection_subtitle,
    selection_title,
    selection_warning,
)


def selection_plotly(info: SelectionInfo) -> go.Figure:
    """One panel a block, as in the picture; the cursor gives channel, rate, share of all picks and class rates."""
    panels, notes = selection_panels(info), selection_footnotes(info)
    grid = Grid(len(panels), len(notes))
    (width, height), inner = grid.full, grid.inner
    spacing = {"horizontal_spacing": GAP_X / inner[0], "vertical_spacing": GAP_Y / inner[1]}
    figure = make_subplots(grid.num_rows, grid.num_columns, **spacing)
    for number, panel in enumerate(panels):
        row, column = (part + 1 for part in divmod(number, grid.num_columns))
        for trace in _traces(panel, info, in_legend=number == 0):
            figure.add_trace(trace, row=row, col=column)
        x_axis, y_axis = _axes(panel, grid.is_left(number), grid.is_lowest(number))
        figure.update_xaxes(x_axis, row=row, col=column)
        figure.update_yaxes(y_axis, row=row, col=column)
        _add_heading(figure, panel, row, column)
    margin = {"l": LEFT, "r": RIGHT, "t": TOP, "b": height - TOP - inner[1]}
    figure.update_layout(layout(selection_title(info), selection_subtitle(info), selection_warning(info), pad_top=18))
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1 + 44 / inner[1], "yanchor": "bottom"})
    figure.update_layout(width=width, height=height, margin=margin, hovermode="x")
    _add_footnotes(figure, notes)
    return figure


def selection_page(info: SelectionInfo) -> str:
    """A page that holds plotly.js itself."""
    return to_page(selection_plotly(info), selection_title(info), "selection")


def _traces(panel: SelectionPanel, info: SelectionInfo, in_legend: bool) -> list[go.Scatter]:
    places = list(range(1, len(panel.rates) + 1))
    shared: dict[str, Any] = {"showlegend": in_legend}
    ends = [0.5, len(places) + 0.5]
    found = [
        go.Scatter(
            x=[ends[0], *places, ends[1]],  # steps around the channels reach as far as the axis
            y=[panel.rates[0], *panel.rates, panel.rates[-1]],
            mode="lines",
            line={"shape": "hvh", "color": ALL_LINE, "width": 1.6},
            fill="tozeroy",
            fillcolor=ALL_FILL,
            hovertext=["", *_hover(panel, info), ""],
            hoverinfo="text",
            name="all images",
            legendgroup="all",
            **shared,
        ),
        go.Scatter(
            x=ends,
            y=[panel.equal_rate] * 2,
            mode="lines",
            line={"color": MUTED, "width": 1, "dash": "dash"},
            hoverinfo="skip",
            name="equal use, k / C",
            legendgroup="equal",
            **shared,
        ),
    ]
    for number, (name, rates) in enumerate(zip(info.chosen_names, panel.class_rates, strict=True)):
        marker = {"color": class_colour(number), "size": 1.4 * marker_size(len(places))}
        dots = {"mode": "markers", "marker": marker, "hoverinfo": "skip", "name": escape(name), "legendgroup": name}
        found.append(go.Scatter(x=places, y=rates, **dots, **shared))
    return found


def _hover(panel: SelectionPanel, info: SelectionInfo) -> list[str]:
    """What the cursor says of each channel."""
    texts = []
    for place, (channel, rate, share) in enumerate(zip(panel.channels, panel.rates, panel.shares, strict=True)):
        lines = [f"<b>channel {channel}</b>", f"picked for <b>{rate:.1f} %</b> of all images"]
        lines += [f"{share:.2f} % of all picks"]
        rates = zip(info.chosen_names, panel.class_rates, strict=True)
        lines += [f"{escape(name)}: {class_rates[place]:.1f} %" for name, class_rates in rates]
        texts.append("<br>".join(lines))
    return texts


def _axes(panel: SelectionPanel, is_left: bool, is_lowest: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    x_title, y_title = selection_axes()
    shared = {"linecolor": FAINT, "showline": True, "zeroline": False, "tickfont": {"color": MUTED}, "ticks": "outside"}
    shared |= {"tickcolor": FAINT}
    x_axis = {"range": [0.5, len(panel.rates) + 0.5], "showgrid": False, **shared}
    y_axis = {"range": [0, 104], "gridcolor": GRID, "dtick": 25, "ticksuffix": " %", **shared}
    for axis, title, is_shown in ((x_axis, x_title, is_lowest), (y_axis, y_title, is_left)):
        axis["title"] = {"text": title if is_shown else None, "font": {"size": 12, "color": INK}, "standoff": 8}
    return x_axis, y_axis


def _add_heading(figure: go.Figure, panel: SelectionPanel, row: int, column: int) -> None:
    text = f"<b>{escape(panel.heading)}</b><br><span style='color:{MUTED}'>{escape(panel.note)}</span>"
    place = {"x": 0, "y": 1, "xref": "x domain", "yref": "y domain", "xanchor": "left", "yanchor": "bottom"}
    style = {"showarrow": False, "align": "left", "yshift": 4, "font": {"size": 12, "color": INK}}
    figure.add_annotation(text=text, **place, **style, row=row, col=column)


def _add_footnotes(figure: go.Figure, notes: tuple[str, ...]) -> None:
    corner = {"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"}
    style = {"align": "left", "showarrow": False, "yshift": -BOTTOM + 12, "font": {"size": 11, "color": MUTED}}
    figure.add_annotation(text="<br>".join(map(escape, notes)), **corner, **style)
