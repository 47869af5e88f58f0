"""Published networks beside their paper as a picture."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from modsearch.output.comparison.series import (
    AXIS,
    TITLE,
    RatioSeries,
    conditions,
    ratio_range,
    ratio_series,
    row_names,
)
from modsearch.output.draw.style import FAINT, GRID, INK, MUTED, STYLE
from modsearch.record import Comparison

_MARKERS = {"circle": "o", "diamond": "D", "square": "s", "triangle": "^"}
_DPI, _WIDTH, _ROW = 100, 900, 24
_LEFT, _RIGHT, _TOP, _BOTTOM = 290, 30, 100, 60


def comparison_picture(found: Sequence[Comparison]) -> Figure:
    """One network a row, drawn without a display."""
    names = row_names(found)
    height = _TOP + max(1, len(names)) * _ROW + _BOTTOM
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(_WIDTH / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
        inner = (_LEFT / _WIDTH, _BOTTOM / height, 1 - (_LEFT + _RIGHT) / _WIDTH, 1 - (_TOP + _BOTTOM) / height)
        axes = figure.add_axes(inner)
        axes.axvline(1, color=INK, linewidth=0.9, linestyle=":", zorder=1)
        for series in ratio_series(found):
            _draw(axes, series)
        axes.set_xlim(*ratio_range(found))
        _dress(axes, names)
        figure.text(20 / _WIDTH, 1 - 16 / height, TITLE, fontsize=13.5, fontweight="bold", color=INK, va="top")
        figure.text(20 / _WIDTH, 1 - 42 / height, conditions(found), fontsize=9, color=MUTED, va="top")
    return figure


def _draw(axes: Axes, series: RatioSeries) -> None:
    if series.is_filled:
        bars: dict[str, Any] = {"fmt": "none", "ecolor": series.colour, "elinewidth": 1.2, "zorder": 2}
        axes.errorbar(series.ratios, series.rows, xerr=(series.below, series.above), **bars)
    face, edge = (series.colour, "white") if series.is_filled else ("none", series.colour)
    style: dict[str, Any] = {"markerfacecolor": face, "markeredgecolor": edge, "zorder": 3 if series.is_filled else 4}
    size = 7 if series.is_filled else 6
    axes.plot(series.ratios, series.rows, _MARKERS[series.symbol], markersize=size, label=series.name, **style)


def _dress(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(1, len(names)) - 0.5, -0.5)
    axes.set_xlabel(AXIS, color=INK, labelpad=8, fontsize=9.5)
    look: dict[str, Any] = {"frameon": False, "borderpad": 0, "handletextpad": 0.2, "columnspacing": 1.2}
    if axes.get_legend_handles_labels()[1]:
        corner: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0)}
        axes.legend(ncols=4, labelcolor=INK, **corner, **look)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
