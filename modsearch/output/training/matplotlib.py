"""A training as a picture: accuracy and loss, epoch by epoch."""

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from modsearch.output.draw.style import FAINT, GRID, INK, MOD, MUTED, PLAIN, STYLE
from modsearch.output.training.panel import (
    ACCURACY,
    EPOCHS,
    KEPT,
    LOSS,
    VALIDATION,
    TrainingPanel,
    training_footnotes,
    training_panel,
    training_subtitle,
    training_title,
)
from modsearch.record import TrainingRequest, TrainingResult

_DPI = 100
_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 900, 90, 30, 96, 110, 26
_HEIGHTS = (300, 180)  # of accuracy, and of loss below it
_LINE = 17
_FEW_EPOCHS = 40  # of which each has a dot


def training_picture(request: TrainingRequest, result: TrainingResult) -> Figure:
    """The training as a matplotlib figure, accuracy above loss, drawn without a display."""
    panel, lines = training_panel(result), training_subtitle(request)
    top = _TOP + _LINE * (len(lines) - 1)
    height = top + sum(_HEIGHTS) + _GAP + _BOTTOM
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(_WIDTH / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
        accuracy, loss = (_axes(figure, start, size, height) for start, size in _places(top))
        _draw_accuracy(accuracy, panel)
        _draw_loss(loss, panel)
        left = _LEFT / _WIDTH
        title, notes = training_title(request, result), training_footnotes(request, result)
        figure.text(left, 1 - 20 / height, title, fontsize=13.5, fontweight="bold", color=INK, va="top")
        small: dict[str, Any] = {"color": MUTED, "linespacing": 1.3}
        figure.text(left, 1 - 46 / height, "\n".join(lines), fontsize=9.5, va="top", **small)
        figure.text(left, 14 / height, "\n".join(notes), fontsize=8, va="bottom", **small)
    return figure


def _places(top: int) -> tuple[tuple[int, int], ...]:
    """Where each panel starts, and how high it is."""
    first, second = _HEIGHTS
    return (top, first), (top + first + _GAP, second)


def _axes(figure: Figure, start: int, size: int, height: int) -> Axes:
    inner = 1 - (_LEFT + _RIGHT) / _WIDTH
    return figure.add_axes((_LEFT / _WIDTH, 1 - (start + size) / height, inner, size / height))


def _line(panel: TrainingPanel, colour: str) -> dict[str, Any]:
    marker = "o" if len(panel.losses) <= _FEW_EPOCHS else ""
    return {"color": colour, "linewidth": 1.5, "marker": marker, "markersize": 3.5, "zorder": 3}


def _draw_accuracy(axes: Axes, panel: TrainingPanel) -> None:
    if panel.accuracies:
        axes.plot(panel.judged_epochs, panel.accuracies, label=VALIDATION, **_line(panel, MOD))
    below, above = panel.bars
    place: dict[str, Any] = {"yerr": ([below], [above]), "fmt": "D", "zorder": 4}
    look: dict[str, Any] = {"color": PLAIN, "markersize": 5.5, "capsize": 3, "elinewidth": 1.1}
    axes.errorbar([panel.kept], [panel.final.value], label=panel.final_name, **place, **look)
    if panel.kept_accuracy is not None:
        ring: dict[str, Any] = {"markersize": 11, "markerfacecolor": "none", "markeredgecolor": INK, "zorder": 5}
        axes.plot([panel.kept], [panel.kept_accuracy], "o", label=KEPT, **ring)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value, 9):g} %"))
    axes.set_ylim(*panel.accuracy_range)
    axes.tick_params(labelbottom=False)
    _dress(axes, panel, ACCURACY)
    look = {"frameon": False, "borderpad": 0, "handletextpad": 0.5, "labelcolor": INK}
    axes.legend(loc="lower left", bbox_to_anchor=(-0.005, 1.01), ncols=3, **look)


def _draw_loss(axes: Axes, panel: TrainingPanel) -> None:
    axes.plot(panel.epochs, panel.losses, label=LOSS, **_line(panel, MUTED))
    axes.set_xlabel(EPOCHS, color=INK, labelpad=8, fontsize=9.5)
    _dress(axes, panel, LOSS)


def _dress(axes: Axes, panel: TrainingPanel, title: str) -> None:
    axes.axvline(panel.kept, color=FAINT, linewidth=0.9, linestyle=":", zorder=1)
    axes.set_xlim(*panel.epoch_range)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_ylabel(title, color=INK, fontsize=9.5)
    axes.yaxis.set_label_coords(-0.075, 0.5)  # in one line, whatever the numbers beside it
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
