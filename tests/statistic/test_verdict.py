"""What estimates say, alone and together."""

import pytest

from modsearch.statistic.contrast import Estimate
from modsearch.statistic.verdict import holm, verdict, verdicts


def known(value: float, error: float) -> Estimate:
    return Estimate(value, error, float("inf"))


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (0.02, 0.01, "better"),  # 2 errors above 0
        (0.019, 0.01, "inconclusive"),
        (-0.02, 0.01, "worse"),
        (0.002, 0.004, "equivalent"),  # 2 errors below the margin, 3 above its other side
        (0.002, 0.006, "inconclusive"),  # 1.33 errors below it
        (0.008, 0.001, "better"),  # though within the margin
    ],
)
def test_one_of_four(value: float, error: float, expected: str) -> None:
    assert verdict(known(value, error), margin=0.01) == expected


def test_holm_is_as_by_hand() -> None:
    # in order 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06, 0.04, which never falls
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_of_several_the_clearest_must_be_clear_enough_for_all() -> None:
    two_errors = known(0.02, 0.01)  # p 0.0228
    assert verdicts([two_errors], 0.01) == ["better"]
    assert verdicts([two_errors, known(0.0, 0.01)], 0.01) == ["inconclusive", "inconclusive"]
    assert verdicts([known(0.03, 0.01), two_errors, known(-0.03, 0.01)], 0.01) == ["better", "inconclusive", "worse"]
