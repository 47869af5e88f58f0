"""Whether two orders of networks agree."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from modsearch.statistic.rank import agreement


def test_it_is_kendalls_tau() -> None:
    generator = np.random.default_rng(0)
    one = generator.normal(size=30)
    other = one + generator.normal(size=30)
    found = agreement(one, other)
    assert found is not None
    assert found.tau == pytest.approx(kendalltau(one, other).statistic)
    assert found.num_pairs == 435
    assert found.low < found.tau < found.high


def test_the_interval_holds_over_networks() -> None:
    """Two orders that have nothing to do with each other, a hundred times: 0 is in nearly all intervals."""
    generator = np.random.default_rng(1)
    found = [agreement(generator.normal(size=20), generator.normal(size=20)) for _ in range(100)]
    assert 88 <= sum(one is not None and one.low <= 0 <= one.high for one in found) <= 100
    expected = 2 * 1.96 * (2 * 45 / (9 * 20 * 19)) ** 0.5  # of Kendall's tau where nothing agrees
    assert np.mean([one.high - one.low for one in found if one]) == pytest.approx(expected, rel=1 / 3)


def test_only_some_pairs() -> None:
    values = np.arange(20.0)
    near = agreement(values, -values, is_pair=lambda one, other: abs(one - other) <= 2)
    assert near is not None
    assert (near.tau, near.num_pairs) == (-1, 19 + 18)
    assert near.low == pytest.approx(-1)


def test_few_pairs_say_nothing() -> None:
    assert agreement(np.arange(8.0), np.arange(8.0)) is None  # 28 pairs
    assert agreement(np.arange(9.0), np.arange(9.0)) is not None  # 36
