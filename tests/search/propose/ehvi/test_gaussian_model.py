"""The Gaussian process and what it learns from."""

import numpy as np
import pytest

from modsearch.search.propose.ehvi.gaussian_model import GaussianModel, GroupedRBF
from modsearch.search.propose.ehvi.subset import front_subset, spread_subset


def test_the_kernel_of_one_hot_groups_counts_differences() -> None:
    kernel = GroupedRBF(np.array([1.0, 2.0]), groups=(0, 0, 1, 1))
    x = np.array([[1.0, 0, 1, 0], [0, 1, 1, 0], [0, 1, 0, 1]])
    assert kernel(x)[0] == pytest.approx([1, np.exp(-1), np.exp(-1 - 1 / 4)])


def test_the_gradient_is_that_of_finite_differences() -> None:
    kernel = GroupedRBF(np.array([1.0, 2.0, 0.7]), groups=(0, 1, 2, 2))
    x = np.random.default_rng(0).normal(size=(6, 4))
    matrix, gradient = kernel(x, eval_gradient=True)
    assert matrix == pytest.approx(kernel(x))
    for index in range(3):
        step = 1e-6 * np.eye(3)[index]
        moved = [kernel.clone_with_theta(kernel.theta + sign * step)(x) for sign in (1, -1)]
        assert gradient[:, :, index] == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-8)


def test_what_was_learnt_is_predicted_within_its_deviation() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(80, 3))
    y = 0.7 + 0.02 * x[:, 0] - 0.01 * np.sin(2 * x[:, 1])
    model = GaussianModel((0, 1, 2)).fit(x[:60], y[:60] + 0.001 * generator.standard_normal(60))
    mean, deviation = model.predict(x[60:])
    assert np.sqrt(np.mean((mean - y[60:]) ** 2)) < 0.2 * y.std()
    assert np.mean(np.abs(mean - y[60:]) < 3 * deviation + 0.001) > 0.9
    far = model.predict(np.full((1, 3), 10.0))[1]
    assert far > 2 * deviation.max()


def test_equal_values_are_no_obstacle() -> None:
    mean, _ = GaussianModel((0,)).fit(np.arange(5.0)[:, None], np.full(5, 0.5)).predict(np.array([[7.0]]))
    assert mean == pytest.approx([0.5])


def test_the_subset_keeps_the_front_and_spreads_over_the_rest() -> None:
    generator = np.random.default_rng(0)
    cost = generator.uniform(1, 10, (500, 1))
    learnt = np.log(cost[:, 0]) - generator.uniform(0, 1, 500)
    kept = front_subset(learnt, cost, 120)
    best = [i for i in range(500) if not np.any((cost[:, 0] <= cost[i, 0]) & (learnt > learnt[i]))]
    assert len(set(kept.tolist())) == 120
    assert set(best) <= set(kept.tolist())
    assert len(front_subset(learnt[:50], cost[:50], 120)) == 50
    assert spread_subset(np.array([3.0, 1.0, 2.0, 5.0, 4.0]), 3).tolist() == [1, 0, 3]
