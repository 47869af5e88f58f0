"""Networks that were trained anew as a picture: accuracy against cost, and what they gain on their controls."""

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from modsearch.analysis import RefinedInfo
from modsearch.output.draw.style import FAINT, FONT_SIZE, GRID, INK, MUTED, STYLE
from modsearch.output.refined.caption import refined_footnotes, refined_subtitle, refined_title
from modsearch.output.refined.difference import COLOURS, X_TITLE, DifferencePanel, difference_panel
from modsearch.output.refined.interval import bars
from modsearch.output.refined.panel import LADDER, Y_TITLE, Mark, MarkSeries, RefinedPanel, refined_panel
from modsearch.output.refined.tick import log_ticks

_DPI = 100
_POINT = 72 / _DPI  # points a pixel
_WIDTH, _HEIGHT, _LEFT, _RIGHT = 800, 450, 150, 30
_TOP, _LINE, _LEGEND, _GAP, _BOTTOM = 66, 17, 46, 96, 66  # the third for two rows of a legend
_ROW, _LEAST_HEIGHT = 19, 60
_NUM_COLUMNS = 5  # of a legend
_LOOK: dict[str, Any] = {"frameon": False, "borderpad": 0, "handletextpad": 0.4, "labelcolor": INK}


def refined_picture(info: RefinedInfo) -> Figure:
    """The networks as a matplotlib figure, drawn without a display.

    Raises:
        ValueError: no network has been trained anew.
    """
    panel, differences = refined_panel(info, _WIDTH, _HEIGHT), difference_panel(info)
    second = max(_LEAST_HEIGHT, _ROW * differences.num_lines) if differences else 0
    subtitle, notes = refined_subtitle(info), refined_footnotes(info)
    top = _TOP + _LINE * len(subtitle) + _LEGEND
    full = _LEFT + _WIDTH + _RIGHT, top + _HEIGHT + (_GAP + second if second else 0) + _BOTTOM + _LINE * len(notes)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(full[0] / _DPI, full[1] / _DPI), dpi=_DPI, facecolor="white")
        _draw_panel(_axes(figure, top, _HEIGHT, full), panel)
        if differences:
            _draw_differences(_axes(figure, top + _HEIGHT + _GAP, second, full), differences)
        left = 20 / full[0]
        figure.text(left, 1 - 20 / full[1], refined_title(info), fontsize=13.5, fontweight="bold", color=INK, va="top")
        small: dict[str, Any] = {"color": MUTED, "linespacing": 1.4}
        figure.text(left, 1 - 46 / full[1], "\n".join(subtitle), fontsize=9.5, va="top", **small)
        figure.text(left, 14 / full[1], "\n".join(notes), fontsize=8, va="bottom", **small)
    return figure


def _axes(figure: Figure, start: int, height: int, full: tuple[int, int]) -> Axes:
    """So many pixels high, and so many below the top."""
    bottom = 1 - (start + height) / full[1]
    return figure.add_axes((_LEFT / full[0], bottom, _WIDTH / full[0], height / full[1]))


def _draw_panel(axes: Axes, panel: RefinedPanel) -> None:
    axes.set_xscale("log")
    for one, other in panel.joints:
        axes.plot(*zip(one, other, strict=True), color=FAINT, linewidth=0.7, zorder=1)
    if panel.ladder:
        axes.plot(*zip(*panel.ladder, strict=True), color=INK, linewidth=1.0, label=LADDER, zorder=2)
    for series in panel.series:
        _draw_series(axes, series)
    _name_marks(axes, panel)
    axes.set_xlim(*panel.x_range)
    axes.set_ylim(*panel.y_range)
    axes.xaxis.set_major_locator(FixedLocator(log_ticks(*panel.x_range)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value, 9):g}{panel.suffix}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value, 9):g} %"))
    axes.set_ylabel(Y_TITLE, color=INK, labelpad=8, fontsize=9.5)
    _dress(axes, panel.x_title)
    axes.legend(handles=_legend(panel), ncols=_NUM_COLUMNS, loc="lower left", bbox_to_anchor=(-0.01, 1.01), **_LOOK)


def _draw_series(axes: Axes, series: MarkSeries) -> None:
    """A marker is as full as its network is likely to be on the front."""
    xs, ys = ([getattr(mark, axis) for mark in series.marks] for axis in ("x", "y"))
    places = [interval.value for interval in xs], [interval.value for interval in ys]
    edges = [_edge(series, mark) for mark in series.marks]
    shades = [mark.opacity or 0.0 for mark in series.marks]
    faint: Any = [to_rgba(edge, 0.2 + 0.4 * shade) for edge, shade in zip(edges, shades, strict=True)]
    axes.errorbar(*places, xerr=bars(xs), yerr=bars(ys), ecolor=faint, fmt="none", elinewidth=0.9, zorder=2)
    style: dict[str, Any] = {"s": 24 if series.is_control else 48, "marker": series.symbol}
    axes.scatter(*places, color="white", linewidths=0, zorder=3, **style)  # no line shines through
    faces = [to_rgba(series.colour, shade) for shade in shades]
    axes.scatter(*places, c=faces, edgecolors=edges, linewidths=1.0, label=series.name, zorder=4, **style)


def _edge(series: MarkSeries, mark: Mark) -> str:
    return FAINT if mark.opacity is None and not series.is_control else series.colour


def _legend(panel: RefinedPanel) -> list[Line2D]:
    """Markers are full there, whatever the first network of the series is."""
    ladder = [Line2D([], [], color=INK, linewidth=1.0, label=LADDER)] if panel.ladder else []
    look: dict[str, Any] = {"linestyle": "none", "markersize": 6}
    kinds = [
        Line2D([], [], color=series.colour, marker=series.symbol, label=series.name, **look) for series in panel.series
    ]
    return kinds + ladder


def _name_marks(axes: Axes, panel: RefinedPanel) -> None:
    leader: dict[str, Any] = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 5}
    box: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": FONT_SIZE * _POINT, "color": INK, "zorder": 5}
    for mark, text, dx, dy in panel.labels:
        offset = dx * _POINT, -dy * _POINT
        axes.annotate(text, mark.place, offset, textcoords="offset points", arrowprops=leader, bbox=box, **style)


def _draw_differences(axes: Axes, panel: DifferencePanel) -> None:
    axes.axvspan(-panel.margin, panel.margin, facecolor=GRID, zorder=0)
    axes.axvline(0, color=INK, linewidth=1.0, zorder=1)
    for verdict, colour in COLOURS.items():
        rows = [row for row in panel.rows if row.verdict == verdict]
        differences = [row.difference for row in rows]
        places = [difference.value for difference in differences], [row.position for row in rows]
        look: dict[str, Any] = {"fmt": "o", "color": colour, "markersize": 5, "elinewidth": 1.2, "zorder": 3}
        if rows:
            axes.errorbar(*places, xerr=bars(differences), label=verdict, **look)
    names = panel.headings | {row.position: row.name for row in panel.rows}
    axes.set_yticks(list(names), list(names.values()), fontsize=8)
    axes.set_xlim(*panel.x_range)
    axes.set_ylim(panel.num_lines - 0.4, -0.6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value, 9):+g}" if value else "0"))
    _dress(axes, X_TITLE)
    axes.grid(visible=False, axis="y")
    for position, label in zip(names, axes.get_yticklabels(), strict=True):
        is_heading = position in panel.headings
        label.set(fontweight="bold" if is_heading else "normal", color=INK if is_heading else MUTED)
    axes.legend(ncols=_NUM_COLUMNS, loc="lower left", bbox_to_anchor=(-0.01, 1.0), **_LOOK)


def _dress(axes: Axes, title: str) -> None:
    axes.set_xlabel(title, color=INK, labelpad=8, fontsize=9.5)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
