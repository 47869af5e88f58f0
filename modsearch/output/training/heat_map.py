"""Which class was taken for which, as a picture."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import FuncFormatter

from modsearch.output.draw.style import FAINT, GRID, INK, MUTED, STYLE
from modsearch.output.quantity import show_value
from modsearch.output.training.confusion import Counts
from modsearch.output.training.words import cut

MAX_CLASSES = 100
"""What is drawn at most."""
MAX_COUNTED = 20
"""Classes whose counts are written into the cells."""
TITLE = "Which class was taken for which"
_DPI = 100
_POINT = 72 / _DPI  # points a pixel
_TOP, _RIGHT, _BAR, _LEAST_SIDE, _LEAST_WIDTH = 84, 110, 16, 240, 460
_MAX_NAME = 24
_DARK = 0.35  # share from which a count is written in white
_TICKS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0)


def confusion_picture(count_KK: Counts, class_names: Sequence[str]) -> Figure:
    """A row for each class and a column for each that it was taken for, coloured by the share of the row's images.

    The colours spread small shares apart, as errors are. A class of which no image was judged has a grey row.
    """
    names = [cut(name, _MAX_NAME) for name in class_names]
    cell = _cell(len(names))
    room = max(66, round(max(map(_ems, names)) * _font(cell) / _POINT) + 46)  # for names, and the axis' title
    side = cell * len(names)
    width, height = max(room + side + _RIGHT, _LEAST_WIDTH), _TOP + side + room
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
        axes = figure.add_axes((room / width, room / height, side / width, side / height))
        shown = _draw(axes, count_KK)
        _dress(axes, names, _font(cell))
        if len(names) <= MAX_COUNTED:
            _write(axes, count_KK)
        bar = figure.add_axes(((room + side + 18) / width, room / height, _BAR / width, side / height))
        _dress_bar(figure, shown, bar)
        left = 20 / width
        figure.text(left, 1 - 18 / height, TITLE, fontsize=13.5, fontweight="bold", color=INK, va="top")
        figure.text(left, 1 - 44 / height, confusion_subtitle(count_KK), fontsize=9.5, color=MUTED, va="top")
    return figure


def confusion_subtitle(count_KK: Counts) -> str:
    """The line below the headline."""
    num_images, num_right = int(count_KK.sum()), int(count_KK.trace())
    if not num_images:
        return "No image was judged"
    right = show_value(num_right / num_images, "fraction")
    return f"{num_images:,} images of {len(count_KK)} classes, {right} of them right"


def row_shares(count_KK: Counts) -> np.ma.MaskedArray[Any, np.dtype[np.float64]]:
    """Shares of each class's images; masked where it has none."""
    sum_K1 = count_KK.sum(axis=1, keepdims=True)
    share_KK = count_KK / np.maximum(sum_K1, 1)
    return np.ma.masked_array(share_KK, mask=np.broadcast_to(sum_K1 == 0, share_KK.shape))


def _cell(num_classes: int) -> int:
    """Pixels of a side."""
    return max(46, _LEAST_SIDE // num_classes) if num_classes <= MAX_COUNTED else max(10, 1000 // num_classes)


def _ems(name: str) -> float:
    """About how wide a name is drawn, in font sizes; a letter of Chinese, say, fills one."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.8 if letter.isupper() else 0.62 for letter in name)


def _font(cell: int) -> float:
    """Points of the classes' names: one line a cell."""
    return min(9.0, 0.8 * cell * _POINT)


def _draw(axes: Axes, count_KK: Counts) -> AxesImage:
    colours = mpl.colormaps["Blues"].with_extremes(bad=GRID)
    return axes.imshow(row_shares(count_KK), cmap=colours, norm=PowerNorm(0.5, 0, 1), interpolation="nearest")


def _write(axes: Axes, count_KK: Counts) -> None:
    """Counts other than 0."""
    share_KK = row_shares(count_KK)
    for row, column in np.argwhere(count_KK > 0).tolist():
        num = int(count_KK[row, column])
        colour = "white" if share_KK[row, column] > _DARK else INK
        size = 8.5 if num < 10_000 else 6.5
        axes.text(column, row, f"{num}", ha="center", va="center", fontsize=size, color=colour)


def _dress(axes: Axes, names: Sequence[str], size: float) -> None:
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(colors=INK, labelsize=size, length=0, pad=4)
    axes.set_ylabel("class of the image", color=INK, labelpad=8, fontsize=9.5)
    axes.set_xlabel("taken for", color=INK, labelpad=8, fontsize=9.5)
    axes.spines[:].set_color(FAINT)


def _dress_bar(figure: Figure, shown: AxesImage, place: Axes) -> None:
    """What the colours mean."""
    bar = figure.colorbar(shown, cax=place, ticks=_TICKS, format=FuncFormatter(lambda share, _: f"{100 * share:g} %"))
    bar.set_label("of the class's images", color=INK, fontsize=9)
    bar.outline.set_edgecolor(FAINT)
    place.tick_params(colors=MUTED, length=3)
