"""Realised speed-ups as a picture for papers and slides."""

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from modsearch.analysis import FrontInfo
from modsearch.output.draw.style import FAINT, FONT_SIZE, GRID, INK, MUTED, STYLE, footnote_room
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

_DPI = 100
_POINT = 72 / _DPI  # points a pixel
_SIZES = {1: 560}
_SMALL, _LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 430, 80, 30, 134, 112, 80
_MARKERS = {"circle": "o", "diamond": "D"}


def speedup_picture(info: FrontInfo) -> Figure:
    """The speed-ups as a matplotlib figure, one panel a deployment, drawn without a display."""
    size = _SIZES.get(len({realised.place for realised in info.speedups}), _SMALL)
    drawn = speedup_panels(info, size)
    bottom = _BOTTOM + footnote_room(len(speedup_footnotes(info)))
    full = (_LEFT + len(drawn) * size + (len(drawn) - 1) * _GAP + _RIGHT, _TOP + size + bottom)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(full[0] / _DPI, full[1] / _DPI), dpi=_DPI, facecolor="white")
        for column, panel in enumerate(drawn):
            left = _LEFT + column * (size + _GAP)
            axes = figure.add_axes((left / full[0], bottom / full[1], size / full[0], size / full[1]))
            _draw_panel(axes, panel, is_first=column == 0)
        edge = _LEFT / full[0]
        figure.text(edge, 1 - 20 / full[1], speedup_title(info), fontsize=13.5, fontweight="bold", color=INK, va="top")
        figure.text(edge, 1 - 46 / full[1], speedup_subtitle(info), fontsize=9.5, color=MUTED, va="top")
        notes = "\n".join(speedup_footnotes(info))
        figure.text(edge, 14 / full[1], notes, fontsize=8, color=MUTED, va="bottom", linespacing=1.5)
    return figure


def _draw_panel(axes: Axes, panel: SpeedupPanel, is_first: bool) -> None:
    ends = (panel.low, panel.high)
    axes.axhspan(panel.low, 1, facecolor=GRID, alpha=0.6, zorder=0)
    for series in panel.series:
        _draw_series(axes, series)
    axes.plot(ends, ends, color=INK, linewidth=1.0, zorder=1, label=DIAGONAL)
    axes.plot(ends, (1, 1), color=INK, linewidth=1.0, linestyle=":", zorder=1, label=LEVEL)
    leader: dict[str, Any] = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 5}
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": FONT_SIZE * _POINT, "color": INK, "zorder": 5}
    for mark, dx, dy in panel.labels:
        place, offset = (mark.ideal, mark.measured.value), (dx * _POINT, -dy * _POINT)
        axes.annotate(mark.name, place, offset, textcoords="offset points", arrowprops=leader, **style)
    _dress(axes, panel, is_first)


def _draw_series(axes: Axes, series: MarkSeries) -> None:
    bars: dict[str, Any] = {"fmt": "none", "ecolor": series.colour, "elinewidth": 0.9, "alpha": 0.6, "zorder": 2}
    axes.errorbar(series.ideals, series.values, yerr=series.bars, **bars)
    face, edge = (series.colour, "white") if series.is_filled else ("white", MUTED)
    look: dict[str, Any] = {"markerfacecolor": face, "markeredgecolor": edge, "zorder": 4 if series.is_filled else 3}
    size = 6.5 if series.is_filled else 5.5
    axes.plot(series.ideals, series.values, _MARKERS[series.symbol], markersize=size, label=series.name, **look)


def _dress(axes: Axes, panel: SpeedupPanel, is_first: bool) -> None:
    axes.set_xlim(panel.low, panel.high)
    axes.set_ylim(panel.low, panel.high)
    axes.set_title(panel.title, fontsize=8.5, color=MUTED, loc="left", pad=8)
    axes.set_xlabel(X_TITLE, color=INK, labelpad=8, fontsize=9.5)
    if is_first:
        axes.set_ylabel(Y_TITLE, color=INK, labelpad=8, fontsize=9.5)
        look: dict[str, Any] = {"frameon": False, "borderpad": 0, "handletextpad": 0.4, "labelcolor": INK}
        axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.05), ncols=3, columnspacing=1.2, **look)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value, 9):g}x"))
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
