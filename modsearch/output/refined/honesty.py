"""The words about how far a search is to be believed."""

from collections.abc import Iterator

from modsearch.analysis import Honesty
from modsearch.output.refined.term import show_points
from modsearch.statistic.contrast import Estimate
from modsearch.statistic.rank import FEWEST_PAIRS, Agreement

_COUNTS = {"gmacs": "GMACs", "params": "parameters"}
_FEW = f"not known: fewer than {FEWEST_PAIRS} pairs"


def honesty_lines(honesty: Honesty) -> tuple[str, ...]:
    """How well the search orders networks, beside what could be expected and what counts alone would do."""
    return (*_order_lines(honesty), _shallow_line(honesty.shallow))


def _order_lines(honesty: Honesty) -> Iterator[str]:
    if not any((honesty.proxy, honesty.close, honesty.ceiling, *honesty.counts.values())):
        yield f"How well the search orders networks is {_FEW}."
        return
    yield f"Order of the search against the refined one: {show_agreement(honesty.proxy)}."
    yield f"The same among networks of nearly equal cost: {show_agreement(honesty.close)}."
    yield f"Ceiling, the order of one refined training against another: {show_agreement(honesty.ceiling)}."
    for name, found in honesty.counts.items():
        yield f"Order of {_COUNTS.get(name, name)} against the refined one: {show_agreement(found)}."


def show_agreement(found: Agreement | None) -> str:
    """Such as ``tau 0.62 (0.45 to 0.75), 190 pairs``."""
    return f"tau {found.tau:.2f} ({found.low:.2f} to {found.high:.2f}), {found.num_pairs} pairs" if found else _FEW


def _shallow_line(shallow: Estimate | None) -> str:
    if shallow is None:
        return "Whether the search favours shallow networks is not known: fewer than two deleted forms to judge by."
    low, high = shallow.interval()
    said = "The search favours shallow networks" if low > 0 else "The search favours deep networks"
    said = said if low > 0 or high < 0 else "Whether the search favours shallow networks is open"
    value, ends = show_points(shallow)
    return f"{said}: against their networks, it judges deleted forms better by {value} ({ends}) than refinement does."
