"""Who belongs on the front by trainings anew, in small worlds where it is clear."""

import pytest

from modsearch.record import Planned, Score
from tests.analysis.small_refinement import FLAT, LIGHT, LOW, PLAIN, found_of, info_of, planned, scored, shifted


def test_who_belongs_on_the_front() -> None:
    """Four seeds: one is dominated by 0.1 at a higher cost, one is the cheapest, one by 0.1 the most accurate."""
    noise = (3, -3, 5, -5), (-4, 4, 2, -2), (2, 3, -1, -4), (0, 5, -5, 0)
    nums = [tuple(level + one for one in noise[index]) for index, level in enumerate((500, 600, 550, 501))]
    rows = [
        (planned(PLAIN[0], "member"), scored(0.0, 0.01), nums[0]),
        (planned(PLAIN[1], "member", "published"), scored(1.0, 0.01), nums[1]),
        (planned(PLAIN[2], "published"), scored(1.2, 0.01), nums[2]),
        (planned(LIGHT[0], "published"), scored(0.001, 0.01), nums[3]),  # like the first one
    ]
    info = info_of(rows)
    membership = {network.id: network.membership for network in info.networks}
    assert membership[PLAIN[0].id] > 0.3
    assert membership[PLAIN[1].id] > 0.95
    assert membership[PLAIN[2].id] < 0.05
    assert 0.3 < membership[LIGHT[0].id] < 0.95
    assert found_of(info, LIGHT[0]).near_membership > membership[LIGHT[0].id]
    assert [network.is_recovered for network in info.published] == [True, False, True]


def test_a_single_training_of_unknown_luck_is_on_no_front() -> None:
    """But it may keep others off it."""
    rows = [(planned(PLAIN[0]), scored(0.0), (500, 510)), (planned(PLAIN[1]), scored(1.0), (600, 610))]
    info = info_of([*rows, (planned(PLAIN[2]), scored(-0.1), (900,))])
    assert found_of(info, PLAIN[2]).membership is None
    assert found_of(info, PLAIN[0]).membership < 0.05


def test_a_control_keeps_nobody_off_the_front() -> None:
    """Unless the search scored it: then it is a network of its space."""
    control = planned(LIGHT[1], "control", control_of={LIGHT[0].id: "random"})

    def shares(score: Score, network: Planned) -> list[float | None]:
        rows = [(planned(LIGHT[0], "member"), scored(0.5), FLAT), (network, score, shifted(FLAT, 200))]
        return [one.membership for one in info_of([*rows, (planned(LOW), scored(0.0), FLAT)]).networks]

    free, unknown, _ = shares(scored(0.1), control)
    assert free == pytest.approx(0.5, abs=0.05)  # a cheaper network is as accurate
    assert unknown is None
    beaten, best, low = shares(scored(0.1, proxy=0.5), control)
    assert (beaten, best) == pytest.approx((0, 1), abs=0.01)
    assert shares(scored(0.1), planned(LIGHT[1], "control", "chosen")) == [beaten, best, low]
