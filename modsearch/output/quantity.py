"""How values are written for readers: three digits, a unit, an interval."""

from math import floor, log10

from modsearch.record import SPEEDUP_UNIT, Measurement


def scale(unit: str, largest: float) -> tuple[float, str]:
    """The factor and the suffix with which values of a unit are shown, the largest of them being ``largest``."""
    if unit == "fraction":
        return 100.0, " %"
    if unit in ("x reference", SPEEDUP_UNIT):
        return 1.0, "x"
    if unit == "parameters" and largest >= 1e6:
        return 1e-6, " M"
    if unit == "parameters" and largest >= 1e3:
        return 1e-3, " k"
    return 1.0, "" if unit == "parameters" else f" {unit}"


def measured_json(measured: Measurement) -> dict[str, float | str]:
    """The one form of a measurement in JSON: value, 95 % interval, unit."""
    return {"value": measured.value, "low": measured.low, "high": measured.high, "unit": measured.unit}


def show_value(value: float, unit: str) -> str:
    """Such as ``91.2 %``, ``0.812x``, ``272 k`` or ``3.42 ms``."""
    factor, suffix = scale(unit, abs(value))
    return f"{value * factor:.{_decimals(value * factor)}f}{suffix}"


def show_measurement(measured: Measurement) -> str:
    """Such as ``91.2 % (90.1-92.2)``; without the interval for exact counts."""
    if measured.low == measured.high:
        return show_value(measured.value, measured.unit)
    return f"{show_value(measured.value, measured.unit)} ({show_interval(measured)})"


def show_interval(measured: Measurement) -> str:
    """Such as ``90.1-92.2``: the decimals of the value, no unit."""
    factor, _ = scale(measured.unit, abs(measured.value))
    decimals = _decimals(measured.value * factor)
    return f"{measured.low * factor:.{decimals}f}-{measured.high * factor:.{decimals}f}"


def show_change(change: float, unit: str) -> str:
    """Such as ``+1.2 points`` or ``-0.120x``, always signed."""
    if unit == "fraction":
        return f"{100 * change:+.1f} points"
    return f"{'-' if change < 0 else '+'}{show_value(abs(change), unit)}"


def show_probability(probability: float | None) -> str:
    """Such as ``0.97``, ``<0.01`` or ``>0.99``: it is drawn, and never certain. Empty where it is not known."""
    if probability is None:
        return ""
    return "<0.01" if probability < 0.01 else ">0.99" if probability > 0.99 else f"{probability:.2f}"


def show_duration(seconds: float) -> str:
    """Such as ``45 s``, ``12 min``, ``3.4 h`` or ``2.1 days``."""
    for limit, divisor, unit in ((90, 1, "s"), (5400, 60, "min")):
        if seconds < limit:
            return f"{seconds / divisor:.0f} {unit}"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"


def show_bytes(num_bytes: float) -> str:
    """Such as ``3.2 MB``: powers of 1,000."""
    for unit in ("B", "kB", "MB", "GB"):
        if num_bytes < 1000:
            return f"{num_bytes:.{_decimals(num_bytes) if unit != 'B' else 0}f} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.1f} TB"


def _decimals(number: float) -> int:
    """As many as three digits need; 0 for large numbers."""
    return max(0, 2 - floor(log10(abs(number)))) if number else 0
