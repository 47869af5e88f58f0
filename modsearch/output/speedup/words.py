"""How a speed-up is said: what is saved on paper, what of it becomes time, and a mark where none does or may not."""

from collections.abc import Mapping
from typing import Any

from modsearch.output.quantity import measured_json, show_measurement, show_value
from modsearch.record import Outcome, Speedup

MARKS: Mapping[Outcome | None, str] = {"lost": "!", "undecided": "?"}
"""Before a measured speed-up."""
SPEEDUP_NOTE = (
    "Speed-up over standard blocks: measured of ideal.\n"
    f"{MARKS['lost']} saves MACs, no time   {MARKS['undecided']} undecided: the interval holds 1"
)
_ENDINGS: Mapping[Outcome | None, str] = {"lost": ": no time is saved", "undecided": ": undecided"}


def show_speedup(speedup: Speedup) -> str:
    """Such as ``42.2 % of the MACs saved: ideally 1.73x, measured 0.970x (0.950-0.990): no time is saved``."""
    saved = show_value(speedup.gmacs_saved, "fraction")
    text = f"{saved} of the MACs saved: ideally {speedup.ideal:.2f}x"
    if speedup.measured is None:
        return f"{text}, not timed"
    return f"{text}, measured {show_measurement(speedup.measured)}{_ENDINGS.get(speedup.outcome, '')}"


def speedup_json(speedup: Speedup) -> dict[str, Any]:
    """JSON values; ``measured`` is null where nothing was timed, ``outcome`` also where no MACs are saved."""
    measured = speedup.measured
    return {
        "gmacs": speedup.gmacs,
        "plain_gmacs": speedup.plain_gmacs,
        "gmacs_saved": speedup.gmacs_saved,
        "ideal": speedup.ideal,
        "measured": None if measured is None else measured_json(measured),
        "outcome": speedup.outcome,
    }
