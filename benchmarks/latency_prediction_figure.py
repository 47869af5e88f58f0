"""Predicted against measured latency, one row a runtime and one column a predictor."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from modsearch.output.draw.style import FAINT, GRID, INK, MOD, MUTED, PLAIN, STYLE

Array = NDArray[np.float64]

PREDICTORS = {
    "table": ("latency table", MOD),
    "gmacs": ("line through GMACs", PLAIN),
    "params": ("line through parameters", MUTED),
}


def write_figure(path: Path, space: str, found: Mapping[str, Mapping[str, Array]]) -> None:
    """Draw each runtime's ``measured`` latencies and what each predictor says of them."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 0.9 + 2.9 * len(found)), dpi=100, facecolor="white", layout="constrained")
        title = f"Predicted and measured latency of held-out networks of {space}"
        figure.suptitle(title, x=0.01, ha="left", fontsize=12.5, fontweight="bold", color=INK)
        rows = figure.subplots(len(found), len(PREDICTORS), squeeze=False, sharex="row", sharey="row")
        for row, (runtime, values) in zip(rows, found.items(), strict=True):
            for axes, (name, (label, colour)) in zip(row, PREDICTORS.items(), strict=True):
                _draw(axes, values["measured"], values[name], f"{runtime}: {label}", colour)
            row[0].set_ylabel("predicted (x reference)", color=INK)
        for axes in rows[-1]:
            axes.set_xlabel("measured (x reference)", color=INK)
        figure.savefig(path, dpi=200, metadata={"Date": None} if path.suffix == ".svg" else {})


def _draw(axes: Axes, measured_N: Array, predicted_N: Array, label: str, colour: str) -> None:
    ends = np.array([measured_N.min(), measured_N.max()]) * (0.95, 1.05)
    axes.fill_between(ends, 0.95 * ends, 1.05 * ends, color=GRID, linewidth=0, zorder=1)
    axes.plot(ends, ends, color=FAINT, linewidth=0.9, zorder=2)
    axes.plot(measured_N, predicted_N, "o", markersize=4.5, color=colour, markeredgecolor="white", zorder=3)
    mape = float(np.mean(np.abs(predicted_N / measured_N - 1)))
    axes.set_title(f"{label}\nmean error {100 * mape:.1f} %; band: 5 %", fontsize=9, color=INK, loc="left")
    axes.tick_params(colors=MUTED, length=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
