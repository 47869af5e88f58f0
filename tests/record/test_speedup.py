"""What is saved on paper, and whether it is lost in time."""

import pytest

from modsearch.message import parse
from modsearch.record import SPEEDUP_UNIT, Measurement, Outcome, Score, Speedup


def speedup(gmacs: float, low: float | None = None, high: float = 2) -> Speedup:
    """Of a plain form of 4 GMACs, measured with an interval from ``low`` to ``high``."""
    measured = None if low is None else Measurement(value=(low + high) / 2, low=low, high=high, unit=SPEEDUP_UNIT)
    return Speedup(gmacs=gmacs, plain_gmacs=4, measured=measured)


def test_three_of_four_macs() -> None:
    assert speedup(3).gmacs_saved == 0.25
    assert speedup(3).ideal == pytest.approx(4 / 3)
    assert speedup(5).gmacs_saved == -0.25


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (1.001, 2, "saved"),
        (1.0, 2, "undecided"),
        (0.53, 4.9, "undecided"),  # a quickstart beside other work: 1.60
        (0.9, 1.001, "undecided"),
        (0.9, 1.0, "lost"),
        (0.5, 0.6, "lost"),
    ],
)
def test_only_a_whole_interval_decides_what_becomes_of_the_macs(low: float, high: float, outcome: Outcome) -> None:
    assert speedup(3, low, high).outcome == outcome


def test_where_no_macs_are_saved_or_nothing_was_timed_there_is_no_outcome() -> None:
    assert [speedup(gmacs, 0.5, 0.9).outcome for gmacs in (4, 5)] == [None, None]
    assert speedup(3).outcome is None


def test_scores_keep_what_either_knows() -> None:
    one = Score(metrics={}, speedups={"a": speedup(1), "b": speedup(2)})
    other = Score(metrics={}, speedups={"b": speedup(3)})
    assert one.merged(other).speedups == {"a": speedup(1), "b": speedup(3)}


def test_a_network_without_multiply_adds_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^speedups\.cpu\.plain_gmacs must be .*Got 0 instead\."):
        parse(Score, {"metrics": {}, "speedups": {"cpu": {"gmacs": 1, "plain_gmacs": 0}}})
