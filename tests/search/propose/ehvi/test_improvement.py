"""Expected hypervolume improvement against cases by hand and against sampling."""

import numpy as np
import pytest

from modsearch.search.propose.ehvi.improvement import Cells, expected_excess
from modsearch.statistic import hypervolume

CERTAIN = np.array([1e-15])


def cells(learnt: list[float], costs: list[list[float]], floor: float, limit: list[float]) -> Cells:
    return Cells.cut(np.array(learnt), np.array(costs).reshape(len(learnt), len(limit)), (floor, np.array(limit)))


def test_an_empty_front_leaves_the_whole_box() -> None:
    found = cells([], [], 0.1, [10.0]).improvement(np.array([0.6]), CERTAIN, np.array([[4.0]]))
    assert found == pytest.approx([0.5 * 6])


def test_two_objectives_by_hand() -> None:
    """Front (accuracy 0.5, cost 2), (0.8, 5); reference 0.1, 10."""
    front = cells([0.5, 0.8], [[2.0], [5.0]], 0.1, [10.0])
    mean, cost = np.array([0.6, 0.9, 0.4, 0.3]), np.array([[3.0], [3.0], [3.0], [1.0]])
    gain = front.improvement(mean, np.repeat(CERTAIN, 4), cost)
    assert gain == pytest.approx([0.1 * 2, 0.4 * 2 + 0.1 * 5, 0.0, 0.2 * 1], abs=1e-12)


def test_three_objectives_by_hand() -> None:
    """Front (0.5, 4, 4) in a box of 10 by 10: at (0.7, 2, 2) 64 of 36 + 28 new cells gain 0.7, and 36 gain 0.2."""
    front = cells([0.5], [[4.0, 4.0]], 0.0, [10.0, 10.0])
    gain = front.improvement(np.array([0.7]), CERTAIN, np.array([[2.0, 2.0]]))
    assert gain == pytest.approx([0.7 * (64 - 36) + 0.2 * 36])


def test_points_beyond_the_reference_gain_nothing() -> None:
    front = cells([0.5, 0.9], [[2.0], [12.0]], 0.1, [10.0])
    assert front.improvement(np.array([0.9, 0.05]), np.repeat(CERTAIN, 2), np.array([[11.0], [1.0]])) == pytest.approx(
        [0.0, 0.0]
    )


def test_expected_excess_of_a_standard_normal() -> None:
    """E[max(Z, 0)] = 1 / sqrt(2 pi)."""
    assert expected_excess(np.array(0.0), np.array(1.0), np.array(0.0)) == pytest.approx(0.3989422804)


@pytest.mark.parametrize("num_costs", [1, 2, 3])
def test_against_sampling(num_costs: int) -> None:
    generator = np.random.default_rng(num_costs)
    learnt, costs = generator.uniform(0.2, 0.9, 7), generator.uniform(1, 9, (7, num_costs))
    limit, directions = [10.0] * num_costs, ["maximize"] + ["minimize"] * num_costs
    front = cells(learnt.tolist(), costs.tolist(), 0.1, limit)
    rows = np.column_stack([learnt, costs]).tolist()
    before = hypervolume(rows, directions, [0.1, *limit])
    for mean, deviation in ((0.5, 0.2), (0.8, 0.05)):
        cost = generator.uniform(1, 6, num_costs)
        draws = mean + deviation * generator.standard_normal(4000)
        sampled = [hypervolume([*rows, [draw, *cost]], directions, [0.1, *limit]) - before for draw in draws]
        error = np.std(sampled) / np.sqrt(len(sampled))
        closed = front.improvement(np.array([mean]), np.array([deviation]), cost[None])
        assert abs(closed[0] - np.mean(sampled)) < 4 * error


def test_a_large_front_is_thinned_and_nearly_exact() -> None:
    generator = np.random.default_rng(0)
    cost = generator.uniform(1, 9, (300, 3))
    learnt = 0.9 - 0.1 * (9 / cost).sum(axis=1) / 3
    limit = [10.0] * 3
    front = cells(learnt.tolist(), cost.tolist(), 0.0, limit)
    assert len(front.level_C) <= 3000
    rows, directions = np.column_stack([learnt, cost]).tolist(), ["maximize"] + ["minimize"] * 3
    exact = hypervolume([*rows, [0.9, 2, 2, 2]], directions, [0.0, *limit]) - hypervolume(
        rows, directions, [0.0, *limit]
    )
    found = front.improvement(np.array([0.9]), CERTAIN, np.array([[2.0, 2.0, 2.0]]))
    assert exact < found[0] < 1.3 * exact
