"""Where a latency lies on a ladder of plain networks."""

import pytest

from modsearch.statistic.ladder import Rung, rung


def test_between_two_networks_and_on_one() -> None:
    ladder = [3.0, 1.0, 2.0]
    assert rung(1.25, ladder) == Rung(lower=1, upper=2, share=0.25, width=1.0)
    assert rung(2.0, ladder) == Rung(lower=1, upper=2, share=1.0, width=1.0)
    assert rung(1.0, ladder) == Rung(lower=1, upper=2, share=0.0, width=1.0)
    assert rung(3.0, ladder) == Rung(lower=2, upper=0, share=1.0, width=1.0)
    assert rung(1.0, [1.0, 1.0, 2.0]) == Rung(lower=1, upper=2, share=0.0, width=1.0)
    assert rung(2.0, [2.0]) == Rung(lower=0, upper=0, share=0.0, width=0.0)


@pytest.mark.parametrize("latency", [0.99, 3.01])
def test_nothing_is_extrapolated(latency: float) -> None:
    assert rung(latency, [3.0, 1.0, 2.0]) is None
    assert rung(latency, []) is None


def test_a_gain_is_a_contrast() -> None:
    found = Rung(lower=1, upper=2, share=0.25, width=1.0).coefficient(4, [5, 0, 3], num=6)
    assert found.tolist() == [-0.75, 0, 0, -0.25, 1, 0]
    assert Rung(lower=2, upper=2, share=0.0, width=0.0).coefficient(4, [5, 0, 3], num=6).tolist() == [0, 0, 0, -1, 1, 0]


def test_uncertain_latencies_count_as_much_as_the_ladder_is_steep() -> None:
    # half a unit of accuracy over two of log latency: a slope of 1/4; own 0.04, of the ladder 9/16 x 0.01 + 1/16 x 0.02
    found = Rung(lower=0, upper=1, share=0.25, width=2.0).latency_variance([0.1, 0.6], [0.01, 0.02], 0.04)
    assert found == pytest.approx((0.04 + 0.005625 + 0.00125) / 16)
    assert Rung(lower=0, upper=0, share=0.0, width=0.0).latency_variance([0.1, 0.6], [0.01, 0.02], 0.04) == 0
