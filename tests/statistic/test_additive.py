"""Networks that were not all trained in all replicates, against the whole least-squares problem and by simulation."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from modsearch.statistic.additive import Additive, fit
from modsearch.statistic.luck import Sample, study_luck

NAN = float("nan")
MISSING = np.array(  # 1 where a network was trained: one went on alone, one began late, one failed once
    [[1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [1, 0, 1, 0, 0]], float
)
MISSING[MISSING == 0] = NAN


def accuracies(seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0.7, 0.05, MISSING.shape) * MISSING


def whole(accuracy_MR: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The design of all networks and replicates, one row a training; and the accuracies."""
    rows, columns = np.nonzero(~np.isnan(accuracy_MR))
    num_networks, num_replicates = accuracy_MR.shape
    design_TP = np.hstack([np.eye(num_networks)[rows], np.eye(num_replicates)[columns]])
    return design_TP, accuracy_MR[rows, columns]


def test_where_all_were_trained_in_all_it_is_plain_means() -> None:
    accuracy_MR = np.array([[0.5, 0.6, 0.7], [0.7, 0.7, 1.0]])
    found = fit(accuracy_MR)
    assert found.mean_M == pytest.approx([0.6, 0.8])
    assert found.effect_R == pytest.approx([-0.1, -0.05, 0.15])
    assert found.residual_MR == pytest.approx(np.array([[0.0, 0.05, -0.05], [0.0, -0.05, 0.05]]))
    assert found.spread_M == pytest.approx([1 / 3, 1 / 3])
    assert found.free_MR == pytest.approx(np.full((2, 3), (1 - 1 / 2) * (1 - 1 / 3)))


def test_it_is_the_least_squares_solution() -> None:
    accuracy_MR = accuracies()
    design_TP, accuracy_T = whole(accuracy_MR)
    sums_to_zero_P = np.r_[np.zeros(5), np.ones(5)]
    expected_P = np.linalg.lstsq(np.vstack([design_TP, sums_to_zero_P]), np.r_[accuracy_T, 0.0], rcond=None)[0]
    found = fit(accuracy_MR)
    assert np.r_[found.mean_M, found.effect_R] == pytest.approx(expected_P)
    there = ~np.isnan(accuracy_MR)
    assert found.residual_MR[there] == pytest.approx(accuracy_T - design_TP @ expected_P)
    assert found.free_MR[there] == pytest.approx(1 - np.diag(design_TP @ np.linalg.pinv(design_TP)))


def test_variances_of_two_means_add_up_to_that_of_their_difference() -> None:
    """Exactly in the mean of all pairs, and nearly for each."""
    design_TP, _ = whole(accuracies())
    covariance_PP = np.linalg.pinv(design_TP.T @ design_TP)
    spread_M = fit(accuracies()).spread_M
    added, exact = [], []
    for one, other in combinations(range(5), 2):
        way_P = np.eye(10)[one] - np.eye(10)[other]
        exact.append(way_P @ covariance_PP @ way_P)
        added.append(spread_M[one] + spread_M[other])
    assert np.mean(added) == pytest.approx(np.mean(exact))
    assert added == pytest.approx(exact, rel=0.12)


def test_a_network_that_goes_on_alone_learns_nothing_of_itself() -> None:
    both = np.array([[0.5, 0.6, NAN, NAN], [0.6, 0.6, 0.7, 0.9], [0.4, 0.3, NAN, NAN]])
    found, before = fit(both), fit(both[:, :2])
    assert found.mean_M - found.mean_M[0] == pytest.approx(before.mean_M - before.mean_M[0])
    value_R, position_R = found.deviations(1)
    assert position_R.tolist() == [0, 1]
    assert value_R - found.mean_M[1] == pytest.approx(before.deviations(1)[0] - before.mean_M[1])
    assert found.spread_M.mean() == pytest.approx(before.spread_M.mean())


def test_groups_that_no_network_links_are_centred_each() -> None:
    found = fit(np.array([[0.5, 0.7, NAN, NAN], [0.6, 0.8, NAN, NAN], [NAN, NAN, 0.2, 0.4]]))
    assert found.mean_M == pytest.approx([0.6, 0.7, 0.3])
    assert [found.is_alone(row) for row in range(3)] == [False, False, True]
    assert found.deviations(2)[0] == pytest.approx([0.2, 0.4])
    assert found.deviations(2)[1].tolist() == [2, 3]


def test_one_training_is_its_own_mean() -> None:
    found = fit(np.array([[0.5, NAN], [0.6, 0.8]]))
    assert found.mean_M == pytest.approx([0.6, 0.7])  # the second replicate is by 0.2 the easier one
    for row, mean in enumerate((0.6, 0.7)):  # neither tells of luck: the effect of the second is what the second says
        value_R, position_R = found.deviations(row)
        assert value_R == pytest.approx([mean])
        assert position_R.tolist() == [0]
    alone = fit(np.array([[0.5]]))
    assert (alone.mean_M.tolist(), alone.spread_M.tolist()) == ([0.5], [1.0])


def test_luck_is_found_whatever_replicates_do() -> None:
    """Of a deviation of 0.01, under effects of 0.1 and trainings that are missing."""
    generator = np.random.default_rng(0)

    def sample(found: Additive, row: int) -> Sample:
        return Sample(found.deviations(row)[0], 0.0, 1.0)

    samples = []
    for _ in range(400):
        accuracy_MR = generator.normal(0, 0.1, (1, 5)) + generator.normal(0, 0.01, MISSING.shape) * MISSING
        found = fit(accuracy_MR)
        samples += [sample(found, row) for row in range(5)]
    assert study_luck(samples).variance == pytest.approx(1e-4, rel=0.1)
