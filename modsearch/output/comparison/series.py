"""The words and the points in the figure of published networks beside their paper: whatever draws it reads this."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from modsearch.output.draw.style import INK, MOD, MUTED, PLAIN
from modsearch.record import Comparison, Measurement

TITLE = "Published MoD networks: latency / that of the plain network"
AXIS = "Latency / plain network's latency (below 1 is faster)"


@dataclass(frozen=True)
class RatioSeries:
    """Points that look alike, one for each network that has the value.

    Attributes:
        name: in the legend.
        colour: of the markers.
        symbol: their shape.
        is_filled: measured here; what was printed is open.
        rows: the number of the network of each point.
        ratios: latency / plain latency.
        below: lengths of the interval's lower parts; 0 for printed values.
        above: likewise of its upper parts.
    """

    name: str
    colour: str
    symbol: Literal["circle", "diamond", "square", "triangle"]
    is_filled: bool
    rows: tuple[int, ...]
    ratios: tuple[float, ...]
    below: tuple[float, ...]
    above: tuple[float, ...]


def timed(found: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The rows of the figure."""
    return tuple(comparison for comparison in found if comparison.ratios)


def row_names(found: Sequence[Comparison]) -> tuple[str, ...]:
    """The networks of the rows, each with the one that it is set beside."""
    return tuple(
        f"{comparison.network.name} / {comparison.plain.name}" for comparison in timed(found) if comparison.plain
    )


def ratio_series(found: Sequence[Comparison]) -> tuple[RatioSeries, ...]:
    """In the order of the legend: measured here, then printed."""
    rows = timed(found)
    kinds = (
        _series(
            "MoD blocks deleted, here", PLAIN, "diamond", rows, lambda comparison: comparison.ratios["deleted", "plain"]
        ),
        _series("MoD, here", MOD, "circle", rows, lambda comparison: comparison.ratios["mod", "plain"]),
        _series("MoD, the paper's CPU", INK, "square", rows, lambda comparison: comparison.printed_cpu_ratio),
        _series("MoD, the paper's GPU", MUTED, "triangle", rows, lambda comparison: comparison.printed_gpu_ratio),
    )
    return tuple(series for series in kinds if series.rows)


def ratio_range(found: Sequence[Comparison]) -> tuple[float, float]:
    """The ends of the axis: all points and 1; the intervals of a disturbed timing may leave it."""
    ratios = [1.0, *(ratio for series in ratio_series(found) for ratio in series.ratios)]
    return min(ratios) - 0.08, max(ratios) + 0.08


def conditions(found: Sequence[Comparison]) -> str:
    """Where and how the ratios were measured; empty where none was."""
    rows = timed(found)
    if not rows or rows[0].environment is None:
        return ""
    counts = sorted({ratio.num_samples for comparison in rows for ratio in comparison.ratios.values()})
    rounds = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    place, where = rows[0].deployment.describe(), rows[0].environment.describe()
    return f"Here: {place}; {where}. Medians of {rounds} paired rounds, 95 % intervals."


def _series(
    name: str,
    colour: str,
    symbol: Literal["circle", "diamond", "square", "triangle"],
    rows: Sequence[Comparison],
    ratio: Callable[[Comparison], Measurement | float | None],
) -> RatioSeries:
    points = [(row, value) for row, comparison in enumerate(rows) if (value := ratio(comparison)) is not None]
    ends = [
        (value.low, value.value, value.high) if isinstance(value, Measurement) else (value,) * 3 for _, value in points
    ]
    return RatioSeries(
        name,
        colour,
        symbol,
        is_filled=any(isinstance(value, Measurement) for _, value in points),
        rows=tuple(row for row, _ in points),
        ratios=tuple(value for _, value, _ in ends),
        below=tuple(value - low for low, value, _ in ends),
        above=tuple(high - value for _, value, high in ends),
    )
