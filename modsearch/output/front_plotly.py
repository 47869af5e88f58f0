"""The front as an interactive page: one HTML file that works without a network."""

from html import escape
from textwrap import wrap

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from modsearch.analysis import FrontInfo, FrontPoint
from modsearch.output.front_panel import Axis, Panel, panels
from modsearch.output.front_series import (
    FAINT,
    FONT_SIZE,
    GRID,
    INK,
    MUTED,
    WARNING,
    Series,
    footnotes,
    reference_point,
    series,
    subtitle,
    title,
    warning,
)
from modsearch.output.quantity import show_measurement

_FONT = "Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
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
        for trace in _traces(info, panel, in_legend=column == 1):
            figure.add_trace(trace, row=1, col=column)
        _add_names(figure, info, panel, column)
        figure.update_xaxes(_axis(panel.x), row=1, col=column)
        figure.update_yaxes(_axis(panel.y) | ({} if column == 1 else {"title": None}), row=1, col=column)
    top = _TOP + (22 if warning(info) else 0)
    figure.update_layout(width=inner + _LEFT + _RIGHT, height=height + top + _BOTTOM)
    figure.update_layout(_layout(info), margin={"l": _LEFT, "r": _RIGHT, "t": top, "b": _BOTTOM})
    _add_footnotes(figure, info)
    return figure


def html_page(info: FrontInfo) -> str:
    """A page that holds plotly.js itself."""
    page = plotly_figure(info).to_html(include_plotlyjs=True, div_id="front", config={"displaylogo": False})
    head = f"<head><title>{escape(title(info))}</title><style>body{{margin:24px;background:#fff}}</style>"
    return str(page).replace("<head>", head, 1)


def hover(point: FrontPoint) -> str:
    """What the cursor shows: name, id, the blocks and every score with its interval."""
    lines = [f"<b>{escape(point.published or point.placement)}</b>  {point.id}"]
    lines += [escape(line) for line in wrap(point.description, 72)]
    lines += [f"{escape(name)}: <b>{show_measurement(each)}</b>" for name, each in point.scores.items()]
    if point.deleted_form:
        lines.append(f"without its MoD blocks: {point.deleted_form}")
    return "<br>".join(lines)


def _traces(info: FrontInfo, panel: Panel, in_legend: bool) -> list[go.Scatter]:
    """From the background to the foreground."""
    ranked = [_markers(each, panel, in_legend, rank) for rank, each in enumerate(series(info))]
    found = [_step_line(panel, in_legend), *reversed(ranked)]
    reference = reference_point(info)
    return found + ([_ring(reference, panel)] if reference else [])


def _step_line(panel: Panel, in_legend: bool) -> go.Scatter:
    xs, ys = ([corner[axis] for corner in panel.steps] for axis in (0, 1))
    style = {"mode": "lines", "line": {"color": INK, "width": 1.4}, "hoverinfo": "skip", "legendrank": 9}
    return go.Scatter(x=xs, y=ys, name="Front", showlegend=in_legend, legendgroup="Front", **style)


def _markers(each: Series, panel: Panel, in_legend: bool, rank: int) -> go.Scatter:
    face, edge = (each.colour, "#fff") if each.is_front else ("#fff", MUTED)
    marker = {"symbol": "circle" if each.has_mod else "diamond", "size": 11 if each.is_front else 8}
    marker |= {"color": face, "opacity": 1, "line": {"width": 1.2, "color": edge}}
    return go.Scatter(
        x=[panel.x.value(point) for point in each.points],
        y=[panel.y.value(point) for point in each.points],
        error_x=_bars(each, panel.x),
        error_y=_bars(each, panel.y),
        mode="markers",
        marker=marker,
        name=each.name,
        legendgroup=each.name,
        legendrank=rank + 1,
        showlegend=in_legend,
        hovertext=[hover(point) for point in each.points],
        hoverinfo="text",
    )


def _bars(each: Series, axis: Axis) -> dict[str, object]:
    values, intervals = [axis.value(point) for point in each.points], [axis.interval(point) for point in each.points]
    red, green, blue = (int(each.colour[start : start + 2], 16) for start in (1, 3, 5))
    return {
        "type": "data",
        "symmetric": False,
        "arrayminus": [value - low for value, (low, _) in zip(values, intervals, strict=True)],
        "array": [high - value for value, (_, high) in zip(values, intervals, strict=True)],
        "color": f"rgba({red},{green},{blue},0.45)",
        "thickness": 1.1,
        "width": 0,
    }


def _ring(point: FrontPoint, panel: Panel) -> go.Scatter:
    marker = {"symbol": "circle-open", "size": 19, "color": INK, "line": {"width": 1.4}}
    place = {"x": [panel.x.value(point)], "y": [panel.y.value(point)]}
    return go.Scatter(**place, mode="markers", marker=marker, name="Reference", showlegend=False, hoverinfo="skip")


def _add_names(figure: go.Figure, info: FrontInfo, panel: Panel, column: int) -> None:
    """Names of published networks, and the line at the reference network's cost."""
    text = {"showarrow": True, "arrowhead": 0, "arrowwidth": 0.7, "arrowcolor": FAINT, "standoff": 6, "borderpad": 1}
    text |= {"xanchor": "center", "yanchor": "middle", "font": {"size": FONT_SIZE, "color": INK}}
    for label in panel.labels:
        place = {"x": panel.x.value(label.point), "y": panel.y.value(label.point), "ax": label.dx, "ay": label.dy}
        figure.add_annotation(text=escape(label.text), **place, **text, row=1, col=column)
    if panel.reference_x is None:
        return
    line = {"color": FAINT, "width": 1, "dash": "dot"}
    figure.add_vline(panel.reference_x, line=line, layer="below", row=1, col=column, exclude_empty_subplots=False)
    if reference_point(info) is None:
        place = {"x": panel.reference_x, "y": panel.y.low, "xanchor": "right", "yanchor": "bottom", "xshift": -4}
        style = {"showarrow": False, "font": {"size": FONT_SIZE, "color": MUTED}}
        figure.add_annotation(text=f"{info.reference_name} (reference)", **place, **style, row=1, col=column)


def _axis(axis: Axis) -> dict[str, object]:
    heading = {"text": axis.title, "font": {"size": 13, "color": INK}, "standoff": 12}
    ticks = {"ticksuffix": axis.suffix, "tickfont": {"color": MUTED}, "ticks": "outside", "tickcolor": FAINT}
    lines = {"gridcolor": GRID, "linecolor": FAINT, "showline": True, "zeroline": False}
    return {"title": heading, "range": [axis.low, axis.high], "showticklabels": True, **ticks, **lines}


def _layout(info: FrontInfo) -> dict[str, object]:
    lines = [f"<b>{escape(title(info))}</b>", _small(subtitle(info), MUTED)]
    lines += [f"<b>{_small(warning(info), WARNING)}</b>"] if warning(info) else []
    corner = {"xref": "paper", "xanchor": "left", "yanchor": "top"}
    font = {"family": _FONT, "color": INK}
    return {
        "title": {"text": "<br>".join(lines), "font": {"size": 19}, "x": 0, "y": 1, "pad": {"t": 22}, **corner},
        "font": {**font, "size": FONT_SIZE},
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        "plot_bgcolor": "#fff",
        "paper_bgcolor": "#fff",
        "hoverlabel": {"bgcolor": "#fff", "bordercolor": FAINT, "align": "left", "font": font},
    }


def _add_footnotes(figure: go.Figure, info: FrontInfo) -> None:
    text = "<br>".join(escape(line) for line in footnotes(info))
    place = {"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top", "yshift": -62}
    figure.add_annotation(text=text, **place, align="left", showarrow=False, font={"size": 11, "color": MUTED})


def _small(text: str, colour: str) -> str:
    return f"<span style='font-size:13px;color:{colour}'>{escape(text)}</span>"
