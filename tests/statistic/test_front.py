import pytest
from hypothesis import given
from hypothesis import strategies as st

from modsearch.statistic import dominates, hypervolume, pareto_front

WAYS = ("maximize", "minimize")  # accuracy, latency
rows = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


def test_front_by_hand() -> None:
    values = [(0.9, 2.0), (0.8, 1.0), (0.7, 1.5), (0.8, 1.0), (0.5, 0.5), (0.9, 2.1), (0.5, 0.6)]
    assert pareto_front(values, WAYS) == [0, 1, 3, 4]  # equal points stay together
    assert pareto_front([], WAYS) == []
    assert pareto_front([(0.1, 9.0)], WAYS) == [0]


def test_front_of_three_objectives() -> None:
    values = [(0.9, 2.0, 5.0), (0.9, 2.0, 4.0), (0.8, 2.0, 3.0), (0.8, 3.0, 3.5)]
    assert pareto_front(values, (*WAYS, "minimize")) == [1, 2]


@pytest.mark.parametrize(
    ("better", "worse", "expected"),
    [
        ((0.9, 1.0), (0.8, 1.0), True),
        ((0.9, 1.0), (0.9, 1.1), True),
        ((0.9, 1.0), (0.9, 1.0), False),
        ((0.9, 1.1), (0.8, 1.0), False),
        ((0.8, 1.0), (0.9, 1.0), False),
    ],
)
def test_dominates_by_hand(better: tuple[float, float], worse: tuple[float, float], expected: bool) -> None:
    assert dominates(better, worse, WAYS) is expected


def _beats(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one != other and one[0] >= other[0] and one[1] <= other[1]


@given(rows)
def test_front_by_brute_force(values: list[tuple[int, int]]) -> None:
    expected = [index for index, row in enumerate(values) if not any(_beats(other, row) for other in values)]
    assert pareto_front(values, WAYS) == expected


@given(rows)
def test_hypervolume_by_counting_unit_squares(values: list[tuple[int, int]]) -> None:
    reference = (1, 5)
    squares = {
        (x, y)
        for accuracy, latency in values
        for x in range(reference[0], accuracy)
        for y in range(latency, reference[1])
    }
    assert hypervolume(values, WAYS, reference) == pytest.approx(len(squares))


def test_hypervolume_by_hand() -> None:
    # 0.7 x 1.0 and 0.5 x 1.5, less the 0.5 x 1.0 that they share
    assert hypervolume([(0.8, 1.0), (0.6, 0.5)], WAYS, (0.1, 2.0)) == pytest.approx(0.95)
    assert hypervolume([(0.05, 0.5), (0.8, 2.5)], WAYS, (0.1, 2.0)) == 0
    assert hypervolume([], WAYS, (0.1, 2.0)) == 0
