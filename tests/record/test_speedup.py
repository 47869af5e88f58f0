"""What is saved on paper, and when it is lost in time."""

import pytest

from modsearch.message import parse
from modsearch.record import SPEEDUP_UNIT, Measurement, Score, Speedup


def speedup(gmacs: float, low: float | None = None) -> Speedup:
    """Of a plain form of 4 GMACs, measured with an interval from ``low`` to 2."""
    measured = None if low is None else Measurement(value=1.5, low=low, high=2, unit=SPEEDUP_UNIT)
    return Speedup(gmacs=gmacs, plain_gmacs=4, measured=measured)


def test_three_of_four_macs() -> None:
    assert speedup(3).gmacs_saved == 0.25
    assert speedup(3).ideal == pytest.approx(4 / 3)
    assert speedup(5).gmacs_saved == -0.25


@pytest.mark.parametrize(
    ("gmacs", "low", "is_lost"),
    [(3, 1.001, False), (3, 1.0, True), (3, 0.5, True), (3, None, False), (4, 0.5, False), (5, 0.5, False)],
)
def test_time_is_lost_where_macs_are_saved_and_the_interval_is_not_above_1(
    gmacs: float, low: float | None, is_lost: bool
) -> None:
    assert speedup(gmacs, low).is_lost is is_lost


def test_scores_keep_what_either_knows() -> None:
    one = Score(metrics={}, speedups={"a": speedup(1), "b": speedup(2)})
    other = Score(metrics={}, speedups={"b": speedup(3)})
    assert one.merged(other).speedups == {"a": speedup(1), "b": speedup(3)}


def test_a_network_without_multiply_adds_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^speedups\.cpu\.plain_gmacs must be .*Got 0 instead\."):
        parse(Score, {"metrics": {}, "speedups": {"cpu": {"gmacs": 1, "plain_gmacs": 0}}})
