"""The interval of a quantile over rounds and processes, against worked cases, scipy and simulations."""

import math

import numpy as np
import pytest
from scipy import stats

from modsearch.statistic.interval import quantile_interval

Table = np.ndarray


def half_width(values_PR: Table, quantile: float = 0.5) -> float:
    value, low, high = quantile_interval(values_PR.tolist(), quantile)
    assert high - value == pytest.approx(value - low)
    return high - value


def test_one_round_is_its_own_interval() -> None:
    assert quantile_interval([[0.25]]) == (0.25, 0.25, 0.25)
    assert quantile_interval([[0.5, 0.5], [0.5, 0.5]]) == (0.5, 0.5, 0.5)


def test_the_value_is_the_quantile_of_all_rounds_whichever_process_they_are_of() -> None:
    assert quantile_interval([[1, 9, 3], [2]])[0] == 2.5
    assert quantile_interval([list(range(5)), list(range(5, 11))], 0.9)[0] == pytest.approx(9)


# Medians of P constant processes, resampled. Two: 0, 1/2, 1 with 1/4, 1/2, 1/4, variance 1/8. Three at -1, 0, 1: outer
# ones with 7/27 each, variance 14/27. Times P / (P - 1); Student's t with P - 1 degrees of freedom: 12.706, 4.303.
@pytest.mark.parametrize(
    ("processes", "expected"),
    [([[0.0] * 5, [1.0] * 5], 12.706 * math.sqrt(2 / 8)), ([[-1.0], [0.0], [1.0]], 4.303 * math.sqrt(1.5 * 14 / 27))],
)
def test_constant_processes_by_hand(processes: list[list[float]], expected: float) -> None:
    assert half_width(np.array(processes)) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("quantile", [0.5, 0.9])
def test_one_process_is_scipys_bootstrap_of_its_rounds(quantile: float) -> None:
    values_R = np.random.default_rng(3).normal(size=25)
    found = stats.bootstrap(
        (values_R,), lambda x, axis: np.quantile(x, quantile, axis=axis), n_resamples=4000, rng=np.random.default_rng(4)
    )
    expected = stats.t.ppf(0.975, 24) * found.standard_error * math.sqrt(25 / 24)
    assert half_width(values_R[None], quantile) == pytest.approx(expected, rel=0.1)


def test_it_moves_and_grows_with_the_values() -> None:
    values_PR = np.random.default_rng(5).normal(size=(3, 12))
    assert half_width(3 * values_PR + 7) == pytest.approx(3 * half_width(values_PR))


def test_rounds_that_share_their_process_say_less() -> None:
    """The same values in the same number of processes, mixed and sorted into them."""
    values = np.random.default_rng(6).normal(size=36)
    assert half_width(np.sort(values).reshape(3, 12)) > 3 * half_width(values.reshape(3, 12))


def test_each_process_counts_as_much_as_another() -> None:
    generator = np.random.default_rng(7)
    even = generator.normal(size=(3, 12))
    ragged = [even[0].tolist(), even[1, :4].tolist(), even[2].tolist()]
    value, low, high = quantile_interval(ragged)
    assert low < value < high
    assert 0.3 < (high - low) / 2 / half_width(even) < 3


@pytest.mark.parametrize(("effect", "least"), [(0.0, 0.95), (0.5, 0.92), (3.0, 0.91)])
def test_the_interval_covers_the_true_median_about_as_often_as_it_says(effect: float, least: float) -> None:
    """Rounds of deviation 1, processes of this one: plain percentiles of the bootstrap cover 95, 90 and 77 %."""
    generator, hits = np.random.default_rng(8), []
    for _ in range(300):
        values_PR = generator.normal(scale=effect, size=(3, 1)) + generator.normal(size=(3, 12))
        _, low, high = quantile_interval(values_PR.tolist())
        hits.append(low <= 0 <= high)
    assert sum(hits) / len(hits) >= least
