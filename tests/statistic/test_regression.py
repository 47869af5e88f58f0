"""Effects of columns: against worked values, against the formulas written out, and by simulation."""

import numpy as np
import pytest
from numpy.typing import NDArray

from modsearch.statistic.contrast import Estimate
from modsearch.statistic.regression import effects, rank

NUM_STUDIES = 300


def drawn(num: int = 20, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    generator = np.random.default_rng(seed)
    x_NF = np.column_stack([np.ones(num), generator.integers(0, 4, (num, 3))]).astype(float)
    return x_NF, x_NF @ [0.5, 0.1, -0.2, 0.0] + generator.normal(0, 0.05, num)


def all_told(found: tuple[Estimate | None, ...]) -> list[Estimate]:
    told = [effect for effect in found if effect is not None]
    assert len(told) == len(found)
    return told


def test_levels_of_two_groups_by_hand() -> None:
    """Means 2 and 5. Residuals -1, 1 and -3, -1, 4 count 1 / n each, over the 1 - 1 / n that is left of them."""
    x_NF = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1]], float)
    first, second = all_told(effects(x_NF, np.array([1.0, 3.0, 2.0, 4.0, 9.0])))
    assert (first.value, second.value) == pytest.approx((2, 5))
    assert first.error**2 == pytest.approx((1 + 1) / 4 / (1 / 2) ** 2)
    assert second.error**2 == pytest.approx((9 + 1 + 16) / 9 / (2 / 3) ** 2)
    assert (first.freedom, second.freedom) == pytest.approx((1, 2))  # each has those of its own group


def test_it_is_the_least_squares_solution_with_hc3() -> None:
    x_NF, y_N = drawn()
    value_F = np.linalg.lstsq(x_NF, y_N, rcond=None)[0]
    inverse_FF = np.linalg.inv(x_NF.T @ x_NF)
    meat_FF = np.zeros((4, 4))
    for x_F, y in zip(x_NF, y_N, strict=True):
        off = (y - x_F @ value_F) / (1 - x_F @ inverse_FF @ x_F)
        meat_FF += off**2 * np.outer(x_F, x_F)
    found = all_told(effects(x_NF, y_N))
    assert [effect.value for effect in found] == pytest.approx(value_F)
    assert [effect.error**2 for effect in found] == pytest.approx(np.diag(inverse_FF @ meat_FF @ inverse_FF))
    assert all(1 <= effect.freedom <= len(y_N) - 4 for effect in found)


def test_units_of_columns_do_not_matter() -> None:
    x_NF, y_N = drawn()
    for one, other in zip(all_told(effects(x_NF, y_N)), all_told(effects(x_NF * [1, 1e9, 1e-9, 1], y_N)), strict=True):
        assert one.value / one.error == pytest.approx(other.value / other.error)
        assert one.freedom == pytest.approx(other.freedom)


def test_what_follows_from_other_columns_is_not_told_and_the_rest_stays() -> None:
    x_NF, y_N = drawn()
    more_NF = np.column_stack([x_NF, x_NF[:, 1] + 2 * x_NF[:, 2], np.zeros(len(y_N))])
    assert (rank(x_NF), rank(more_NF)) == (4, 4)
    found, without = effects(more_NF, y_N), all_told(effects(x_NF, y_N))
    assert [effect is None for effect in found] == [False, True, True, False, True, True]
    for index in (0, 3):
        effect = found[index]
        assert effect is not None
        assert (effect.value, effect.error) == pytest.approx((without[index].value, without[index].error))


def test_a_single_value_says_nothing_of_how_far_it_is_off() -> None:
    x_NF, y_N = drawn()
    alone_N = np.zeros(len(y_N))
    alone_N[3] = 2.0
    *rest, own = effects(np.column_stack([x_NF, alone_N]), y_N)
    assert own is None
    without = all_told(effects(np.delete(x_NF, 3, axis=0), np.delete(y_N, 3)))
    for effect, expected in zip(all_told(tuple(rest)), without, strict=True):
        assert (effect.value, effect.error, effect.freedom) == pytest.approx(
            (expected.value, expected.error, expected.freedom)
        )


@pytest.mark.parametrize("num", [0, 1, 3])
def test_as_many_columns_as_values_tell_nothing(num: int) -> None:
    assert effects(np.eye(num, 3), np.ones(num)) == (None, None, None)
    assert rank(np.eye(num, 3)) == num


@pytest.mark.parametrize("num", [20, 40, 80])
def test_intervals_hold_where_few_have_something_and_scatter_more(num: int) -> None:
    """Three have it. With the degrees of freedom of all residuals 88 to 93 % of intervals would hold."""
    generator, hits = np.random.default_rng(0), 0
    rare_N = np.zeros(num)
    rare_N[:3] = 1, 2, 1
    for _ in range(NUM_STUDIES):
        x_NF = np.column_stack([np.ones(num), generator.integers(0, 3, (num, 4)), rare_N])
        found = effects(x_NF, generator.normal(0, np.where(rare_N, 2.0, 1.0)))[-1]
        assert found is not None
        low, high = found.interval()
        hits += low <= 0 <= high
    assert hits / NUM_STUDIES >= 0.95


def test_intervals_hold_and_are_no_wider_than_needed_where_scatter_grows() -> None:
    generator, hits_F = np.random.default_rng(1), np.zeros(4)
    for _ in range(NUM_STUDIES):
        x_NF = np.column_stack([np.ones(40), generator.integers(0, 3, (40, 3))]).astype(float)
        found = all_told(effects(x_NF, generator.normal(0, 1 + x_NF[:, 1])))
        hits_F += [low <= 0 <= high for low, high in (effect.interval() for effect in found)]
    assert hits_F / NUM_STUDIES == pytest.approx(0.95, abs=0.04)
