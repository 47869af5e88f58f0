"""Pick rates as a picture for papers and slides."""

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from modsearch.analysis import SelectionInfo
from modsearch.output.draw.style import FAINT, GRID, INK, MUTED, STYLE, WARNING
from modsearch.output.selection.grid import HEIGHT, LEFT, WIDTH, Grid
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

_DPI = 100


def selection_matplotlib(info: SelectionInfo) -> Figure:
    """One panel a block: pick rate against channels, most picked first; all images filled, chosen classes as dots."""
    panels, notes = selection_panels(info), selection_footnotes(info)
    grid = Grid(len(panels), len(notes))
    width, height = grid.full
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
        for number, panel in enumerate(panels):
            left, top = grid.corner(number)
            place = (left / width, 1 - (top + HEIGHT) / height, WIDTH / width, HEIGHT / height)
            axes = figure.add_axes(place)
            _draw(axes, panel, info)
            _dress(axes, panel, grid.is_left(number), grid.is_lowest(number))
        _add_text(figure, info, notes, (width, height))
    return figure


def _draw(axes: Axes, panel: SelectionPanel, info: SelectionInfo) -> None:
    num_channels = len(panel.rates)
    edges = [place + 0.5 for place in range(num_channels + 1)]
    axes.stairs(panel.rates, edges, fill=True, facecolor=ALL_FILL, zorder=1)
    axes.stairs(panel.rates, edges, color=ALL_LINE, linewidth=1.2, label="all images", zorder=3)
    axes.axhline(
        panel.equal_rate, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), label="equal use, k / C", zorder=2
    )
    places = range(1, num_channels + 1)
    for number, (name, rates) in enumerate(zip(info.chosen_names, panel.class_rates, strict=True)):
        style: dict[str, Any] = {"markersize": marker_size(num_channels), "markeredgewidth": 0, "zorder": 4 + number}
        axes.plot(places, rates, "o", color=class_colour(number), label=name, **style)


def _dress(axes: Axes, panel: SelectionPanel, is_left: bool, is_lowest: bool) -> None:
    x_title, y_title = selection_axes()
    axes.set_xlim(0.5, len(panel.rates) + 0.5)
    axes.set_ylim(0, 104)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    if is_left:
        axes.set_ylabel(y_title, color=INK)
    if is_lowest:
        axes.set_xlabel(x_title, color=INK)
    axes.text(0, 1.14, panel.heading, transform=axes.transAxes, color=INK, fontsize=9.5, fontweight="bold")
    axes.text(0, 1.04, panel.note, transform=axes.transAxes, color=MUTED, fontsize=8.5)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)


def _add_text(figure: Figure, info: SelectionInfo, notes: tuple[str, ...], full: tuple[int, int]) -> None:
    """Headline, the line below it, the warning if there is one, legend and footnotes."""
    left = LEFT / full[0]
    figure.text(left, 1 - 20 / full[1], selection_title(info), fontsize=13.5, fontweight="bold", color=INK, va="top")
    figure.text(left, 1 - 46 / full[1], selection_subtitle(info), fontsize=9.5, color=MUTED, va="top")
    warning: dict[str, Any] = {"fontsize": 9.5, "fontweight": "bold", "color": WARNING, "va": "top"}
    figure.text(left, 1 - 64 / full[1], selection_warning(info), **warning)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    look: dict[str, Any] = {"frameon": False, "borderpad": 0, "handletextpad": 0.5, "labelcolor": INK, "ncols": 8}
    corner = (left, 1 - 94 / full[1])
    figure.legend(handles, labels, loc="center left", bbox_to_anchor=corner, borderaxespad=0, **look)
    figure.text(left, 10 / full[1], "\n".join(notes), fontsize=8, color=MUTED, va="bottom", linespacing=1.5)
