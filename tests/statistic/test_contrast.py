"""Differences over several trainings, against worked values and SciPy's t interval."""

from math import inf, sqrt

import numpy as np
import pytest
from scipy import stats

from modsearch.statistic.contrast import Estimate, contrast, estimate, seeds_to_settle
from modsearch.statistic.luck import Luck, Sample

SURE = Luck(variance=1.0, factor=1.0, freedom=1e6)


def test_alone_it_is_students_t() -> None:
    values = [0.01, 0.02, 0.06]
    found = estimate(Sample(np.array(values), 0.0, 2.0), Luck())
    expected = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    assert found.value == pytest.approx(0.03)
    assert found.interval() == pytest.approx(expected)
    assert found.above(0) == pytest.approx(stats.ttest_1samp(values, 0, alternative="greater").pvalue)
    assert found.below(0.05) == pytest.approx(stats.ttest_1samp(values, 0.05, alternative="less").pvalue)


def test_with_many_degrees_it_is_the_normal_one() -> None:
    found = Estimate(1.0, 0.5, inf)
    assert found.interval() == pytest.approx((0.020018, 1.979982), abs=1e-6)
    assert found.above(0) == pytest.approx(0.0227501, abs=1e-7)
    assert found.below(0) == pytest.approx(0.9772499, abs=1e-7)


def test_without_any_error_it_is_what_it_is() -> None:
    assert Estimate(0.0, 0.0, inf).above(0) == 1
    assert Estimate(0.1, 0.0, inf).above(0) == 0


def test_images_that_replicates_share_and_other_uncertainty_stay() -> None:
    # replicates differ by nine tenths of 0.04 of images and by 2 x 0.01 of luck; a tenth of the images stays
    luck = Luck(variance=0.01, factor=1.0, freedom=1e9)
    sample = Sample(np.array([0.1, 0.2, 0.3, 0.4]), 0.04, 2.0, overlap=0.1)
    found = estimate(sample, luck, other_variance=0.001)
    assert found.error == pytest.approx(sqrt((0.036 + 0.02) / 4 + 0.004 + 0.001), rel=1e-6)


def test_what_is_known_for_sure_adds_degrees_of_freedom() -> None:
    # 2 degrees of a variance of 1/3 x 7, to which as much is added that is known: four times as many degrees
    sample = Sample(np.array([1.0, 2.0, 6.0]), 0.0, 1.0)
    assert estimate(sample, Luck(), other_variance=7 / 3).freedom == pytest.approx(8)
    equal = Sample(np.array([0.1, 0.1, 0.1]), 0.04, 1.0, overlap=1.0)  # its variance is all of images that are shared
    assert estimate(equal, Luck()).freedom == inf
    assert estimate(equal, Luck()).error == pytest.approx(0.2)


def test_images_are_paired_within_a_replicate() -> None:
    first = [[True, True, False, True], [True, False, False, True]]
    second = [[True, False, False, False], [False, False, True, False]]
    found = contrast(np.array([first, second]), np.array([1.0, -1.0]))
    # image by image 0 1 0 0 and 1 0 -1 0: means 1/4 and 0, variances 1/4 and 2/3, of a mean of four images
    assert found.value_R.tolist() == [0.25, 0.0]
    assert found.image_variance == pytest.approx((1 / 4 + 2 / 3) / 2 / 4)
    assert found.weight == 2


def test_how_many_seeds_settle_it() -> None:
    # luck of 0.02: a gain of 0.01 is told from 0 where 1.96 x 0.02 / sqrt(n) is below it, from 16 on
    luck, sample = Luck(variance=0.0004, freedom=1e7), Sample(np.array([0.005, 0.01, 0.015]), 0.0, 1.0)
    assert seeds_to_settle(sample, luck, margin=0.001) == 16
    # no difference is told to be within 0.01 where 1.645 x 0.02 / sqrt(n) is, from 11 on
    none = Sample(np.array([-0.005, 0.0, 0.005]), 0.0, 1.0)
    assert seeds_to_settle(none, luck, margin=0.01) == 11
    # the images that all replicates share leave 1.96 x 0.006
    limited = Sample(np.array([0.005, 0.01, 0.015]), 0.000036, 1.0, overlap=1.0)
    assert seeds_to_settle(limited, luck, margin=0.001) is None
    assert seeds_to_settle(sample, luck, margin=0.001, other_variance=0.000036) is None
    # twice as much is settled by what there is
    assert seeds_to_settle(Sample(np.array([0.03, 0.03, 0.03]), 0.0, 1.0), luck, margin=0.001) == 3
