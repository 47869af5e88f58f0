"""Values with intervals as they are drawn, and the axes that hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from modsearch.record import Measurement
from modsearch.statistic.contrast import Estimate

_ROOM = 0.07  # beyond what is drawn, as a share of the axis
_LEAST_SHARE = 1e-3  # of a value: how low an interval may reach on a logarithmic axis


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its 95 % interval, as drawn."""

    value: float
    low: float
    high: float

    @property
    def logarithm(self) -> "Interval":
        """Of all three; the value is above 0."""
        assert self.value > 0
        return Interval(log(self.value), log(max(self.low, _LEAST_SHARE * self.value)), log(self.high))


def of_estimate(found: Estimate) -> Interval:
    """Of a difference, in points."""
    low, high = found.interval()
    return Interval(100 * found.value, 100 * low, 100 * high)


def of_measurement(measured: Measurement, factor: float) -> Interval:
    """Multiplied by a factor."""
    return Interval(factor * measured.value, factor * measured.low, factor * measured.high)


def bars(intervals: Sequence[Interval]) -> tuple[list[float], list[float]]:
    """How far each interval reaches below its value and above it."""
    return [one.value - one.low for one in intervals], [one.high - one.value for one in intervals]


def axis_range(intervals: Sequence[Interval], least: float) -> tuple[float, float]:
    """The ends of an axis: all values, and intervals unless they are so wide that values would not be told apart.

    Args:
        intervals: at least one.
        least: what the values span at least.
    """
    values = [one.value for one in intervals]
    reach = max(max(values) - min(values), least)
    low = max(min(one.low for one in intervals), min(values) - reach)
    high = min(max(one.high for one in intervals), max(values) + reach)
    room = _ROOM * max(high - low, least)
    return low - room, high + room


def log_range(intervals: Sequence[Interval], least: float) -> tuple[float, float]:
    """The same on a logarithmic axis; ``least`` is a ratio."""
    low, high = axis_range([one.logarithm for one in intervals], log(least))
    return exp(low), exp(high)
