"""How figures are written on a page: the filters of its template."""

import re
from collections.abc import Callable, Iterable, Mapping
from statistics import mean, median
from typing import Any

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def fixed(value: float, decimals: int) -> str:
    """``0.370``."""
    return f"{value:.{decimals}f}"


def signed(value: float, decimals: int) -> str:
    """``+0.4``."""
    return f"{value:+.{decimals}f}"


def percent(fraction: float, decimals: int = 0) -> str:
    """A fraction in hundredths, without the sign ``%``."""
    return fixed(100 * fraction, decimals)


def thousands(value: float) -> str:
    """``15,625``: a whole number."""
    return f"{value:,.0f}"


def interval(measured: Any, decimals: int, factor: float = 1.0) -> str:
    """``0.370 (0.366-0.377)``: a measurement, a mapping with its fields, or the triple of value, low and high."""
    value, low, high = (factor * end for end in _ends(measured))
    return f"{value:.{decimals}f} ({low:.{decimals}f}-{high:.{decimals}f})"


def ratio_interval(found: Mapping[str, float], decimals: int) -> str:
    """``1.009 (0.997-1.021)``: a ratio of a benchmark's JSON, which calls its value so."""
    return interval((found["ratio"], found["low"], found["high"]), decimals)


def span(values: Iterable[float], decimals: int, factor: float = 1.0) -> str:
    """``1.02 to 1.30``: the least and the greatest; one value where the two are printed alike."""
    known = [factor * value for value in values]
    ends = [fixed(min(known), decimals), fixed(max(known), decimals)]
    return " to ".join(dict.fromkeys(ends))


def word(number: int) -> str:
    """``no``, ``one``, ... ``twelve``, and digits beyond."""
    return _WORDS[number] if number < len(_WORDS) else str(number)


def counted(number: int, noun: str) -> str:
    """``one network``, ``two networks``."""
    return f"{word(number)} {noun}{'s' * (number != 1)}"


def capital(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]


def minutes(seconds: float) -> str:
    """Whole minutes."""
    return fixed(seconds / 60, 0)


def times(value: float, factor: float) -> float:
    """The product, where a field is a chain of filters."""
    return value * factor


def code(text: str) -> str:
    """Set as code."""
    return f"`{text}`"


def without_mod(blocks: str) -> str:
    """``[S M8 | S]`` as ``[S | S]``: the blocks of the deleted form."""
    return re.sub(r" M\d+", "", blocks)


def _ends(measured: Any) -> tuple[float, float, float]:
    if isinstance(measured, Mapping):
        return measured["value"], measured["low"], measured["high"]
    if isinstance(measured, (list, tuple)):
        value, low, high = measured
        return value, low, high
    return measured.value, measured.low, measured.high


FILTERS: Mapping[str, Callable[..., object]] = {
    function.__name__: function
    for function in (
        *(fixed, signed, percent, thousands, interval, ratio_interval, span, minutes, times),
        *(word, counted, capital, code, without_mod),
        *(mean, median),
    )
}
