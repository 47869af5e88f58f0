"""Ticks of a logarithmic axis that few powers of ten lie on."""

from math import floor, log10

from matplotlib.ticker import MaxNLocator

_STEPS = {3.0: (), 30.0: (1.0, 1.5, 2.0, 3.0, 5.0, 7.0), 1000.0: (1.0, 2.0, 5.0)}
"""Upper end / lower end, at most -> the numbers that are ticks in each power of ten; evenly spaced ones if none."""


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two ends above 0: the fewer in each power of ten, the longer the axis."""
    steps = next((steps for most, steps in _STEPS.items() if high / low <= most), (1.0,))
    powers = range(floor(log10(low)), floor(log10(high)) + 1)
    ticks = [step * 10.0**power for power in powers for step in steps]
    ticks = ticks or [float(tick) for tick in MaxNLocator(nbins=8, steps=[1, 2, 5, 10]).tick_values(low, high)]
    return [tick for tick in ticks if low <= tick <= high]
