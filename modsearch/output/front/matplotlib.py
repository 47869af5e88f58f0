"""The front as a picture for papers and slides."""

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from modsearch.analysis import FrontInfo
from modsearch.output.draw.style import FAINT, FONT_SIZE, GRID, INK, MUTED, STYLE, WARNING, footnote_room
from modsearch.output.front.panel import Panel, panels
from modsearch.output.front.series import (
    RINGS,
    Series,
    footnotes,
    opacity,
    reference_point,
    ringed_points,
    rings,
    series,
    subtitle,
    title,
    warning,
)
from modsearch.record import Outcome

_SHAPES = {"circle": "o", "square": "s", "diamond": "D"}
_DPI = 100
_POINT = 72 / _DPI  # points a pixel
_VEIL_SIZE = 50.0  # covers a marker, in square points
_SIZES = {1: (800, 450)}
_SMALL = (520, 410)
_NUM_COLUMNS = 5  # of the legend
_RING_MARKERS: dict[Outcome, str] = {"lost": "o", "undecided": "s"}
_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 80, 30, 96, 120, 70


def matplotlib_figure(info: FrontInfo) -> Figure:
    """The front as a matplotlib figure, one panel a cost, drawn without a display."""
    width, height = _SIZES.get(len(info.costs), _SMALL)
    drawn = panels(info, width, height)
    top = _TOP + (20 if warning(info) else 0) + _legend_room(info)
    bottom = _BOTTOM + footnote_room(len(footnotes(info)))
    full = (_LEFT + len(drawn) * width + (len(drawn) - 1) * _GAP + _RIGHT, top + height + bottom)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(full[0] / _DPI, full[1] / _DPI), dpi=_DPI, facecolor="white")
        for column, panel in enumerate(drawn):
            left = _LEFT + column * (width + _GAP)
            axes = figure.add_axes((left / full[0], bottom / full[1], width / full[0], height / full[1]))
            _draw_panel(axes, info, panel, is_first=column == 0)
        _add_text(figure, info, full)
    return figure


def _legend_room(info: FrontInfo) -> int:
    """Pixels that a second row of the legend takes."""
    num_entries = len(series(info)) + 1 + len(rings(info))
    return 18 if num_entries > _NUM_COLUMNS else 0


def _draw_panel(axes: Axes, info: FrontInfo, panel: Panel, is_first: bool) -> None:
    if panel.reference_x is not None:
        axes.axvline(panel.reference_x, color=FAINT, linewidth=0.9, linestyle=":", zorder=1)
    xs, ys = ([corner[axis] for corner in panel.steps] for axis in (0, 1))
    for kind in series(info):
        _draw_series(axes, kind, panel)
    axes.plot(xs, ys, color=INK, linewidth=1.1, label="Front", zorder=2)
    _pale(axes, info, panel)
    for outcome in rings(info):
        style: dict[str, Any] = {"markersize": 11, "markerfacecolor": "none", "markeredgecolor": WARNING, "zorder": 4}
        ringed = ringed_points(info, outcome, panel.x.objective)
        places = ([axis.value(ringed_point) for ringed_point in ringed] for axis in (panel.x, panel.y))
        axes.plot(*places, _RING_MARKERS[outcome], label=RINGS[outcome], **style)
    point = reference_point(info)
    if point is not None:
        ring: dict[str, Any] = {
            "markersize": 13,
            "markerfacecolor": "none",
            "markeredgecolor": INK,
            "markeredgewidth": 1.1,
        }
        axes.plot(panel.x.value(point), panel.y.value(point), "o", **ring)
    _name_points(axes, info, panel)
    _dress(axes, panel, is_first)


def _draw_series(axes: Axes, kind: Series, panel: Panel) -> None:
    xs, ys = ([axis.value(point) for point in kind.points] for axis in (panel.x, panel.y))
    bars: dict[str, Any] = {"fmt": "none", "ecolor": kind.colour, "elinewidth": 0.9, "alpha": 0.45, "zorder": 2}
    axes.errorbar(xs, ys, xerr=panel.x.bars(kind.points), yerr=panel.y.bars(kind.points), **bars)
    face, edge = (kind.colour, "white") if kind.is_front else ("white", MUTED)
    marker: dict[str, Any] = {"marker": _SHAPES[kind.shape], "markerfacecolor": face, "markeredgecolor": edge}
    size = (7.5 if kind.is_front else 5.5) * (0.87 if kind.is_plain else 1)
    zorder = 4 if kind.is_front else 3
    axes.plot(xs, ys, linestyle="none", markersize=size, label=kind.name, zorder=zorder, **marker)


def _pale(axes: Axes, info: FrontInfo, panel: Panel) -> None:
    """A veil over the members that may not belong there, the thicker the less likely they do."""
    doubtful = [member for member in info.members if member.id in info.membership]
    if doubtful:
        xs, ys = ([axis.value(member) for member in doubtful] for axis in (panel.x, panel.y))
        veil = [to_rgba("white", 1 - opacity(info, member)) for member in doubtful]
        axes.scatter(xs, ys, s=_VEIL_SIZE, c=veil, linewidths=0, zorder=5)


def _name_points(axes: Axes, info: FrontInfo, panel: Panel) -> None:
    leader: dict[str, Any] = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 5}
    box: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
    for label in panel.labels:
        axes.annotate(
            label.text,
            (panel.x.value(label.point), panel.y.value(label.point)),
            (label.dx * _POINT, -label.dy * _POINT),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=FONT_SIZE * _POINT,
            color=INK,
            arrowprops=leader,
            bbox=box,
            zorder=5,
        )
    if panel.reference_x is not None and reference_point(info) is None:
        place, offset = (panel.reference_x, panel.y.low), (-4, 4)
        style: dict[str, Any] = {"ha": "right", "va": "bottom", "fontsize": FONT_SIZE * _POINT, "color": MUTED}
        axes.annotate(f"{info.reference_name} (reference)", place, offset, textcoords="offset points", **style)


def _dress(axes: Axes, panel: Panel, is_first: bool) -> None:
    """Limits, titles, ticks with units, and no more lines than needed."""
    axes.set_xlim(panel.x.low, panel.x.high)
    axes.set_ylim(panel.y.low, panel.y.high)
    axes.set_xlabel(panel.x.title, color=INK, labelpad=8, fontsize=9.5)
    if is_first:
        axes.set_ylabel(panel.y.title, color=INK, labelpad=8, fontsize=9.5)
        look: dict[str, Any] = {"frameon": False, "borderpad": 0, "handletextpad": 0.4, "labelcolor": INK}
        axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.01), ncols=_NUM_COLUMNS, **look)
    for drawn_axis, axis in ((axes.xaxis, panel.x), (axes.yaxis, panel.y)):
        drawn_axis.set_major_formatter(
            FuncFormatter(lambda value, _, suffix=axis.suffix: f"{round(value, 9):g}{suffix}")
        )
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)


def _add_text(figure: Figure, info: FrontInfo, full: tuple[float, float]) -> None:
    """Headline, the line below it, the warning if there is one, and the footnotes."""
    left = _LEFT / full[0]
    figure.text(left, 1 - 20 / full[1], title(info), fontsize=13.5, fontweight="bold", color=INK, va="top")
    figure.text(left, 1 - 46 / full[1], subtitle(info), fontsize=9.5, color=MUTED, va="top")
    if warning(info):
        style: dict[str, Any] = {"fontsize": 9.5, "fontweight": "bold", "color": WARNING}
        figure.text(left, 1 - 66 / full[1], warning(info), va="top", **style)
    figure.text(left, 14 / full[1], "\n".join(footnotes(info)), fontsize=8, color=MUTED, va="bottom", linespacing=1.5)
