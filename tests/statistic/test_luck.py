"""How far trainings of one network lie apart, by its own and by those of others."""

import numpy as np
import pytest

from modsearch.statistic.luck import Luck, Sample, study_luck


def sample(*values: float, image_variance: float = 0.0, weight: float = 1.0) -> Sample:
    return Sample(np.array(values), image_variance, weight)


def test_without_others_a_network_has_its_own_variance() -> None:
    assert Luck().variance_of(sample(1.0, 2.0, 6.0)) == (pytest.approx(7.0), 2)


def test_what_is_foretold_counts_as_much_as_its_degrees_of_freedom() -> None:
    # foretold: 2 of images and 3 x 1 of luck, half as much again; own variance 7 with 2 degrees, prior 7.5 with 4
    luck = Luck(variance=1.0, factor=1.5, freedom=4.0)
    found = luck.variance_of(sample(1.0, 2.0, 6.0, image_variance=2.0, weight=3.0))
    assert found == (pytest.approx((4 * 7.5 + 2 * 7) / 6), 6)


def test_images_alone_are_the_least() -> None:
    assert Luck().variance_of(sample(0.5, 0.5, 0.5, image_variance=0.01)) == (0.01, 2)


def test_one_training_needs_others() -> None:
    with pytest.raises(ValueError, match="one training tells nothing of luck"):
        Luck().variance_of(sample(0.5))
    assert Luck(variance=4.0, freedom=8.0).variance_of(sample(0.5)) == (pytest.approx(4.0), 8)


def test_nothing_is_learnt_from_two_networks() -> None:
    assert study_luck([sample(1.0, 2.0), sample(3.0, 5.0), sample(1.0)]) == Luck()


def test_networks_that_vary_alike_say_so() -> None:
    # each has a variance of 2, of which 0.5 come from images: (2 - 0.5) / 1.5 of luck for a weight of 1.5
    alike = [sample(a, a + 2, image_variance=0.5, weight=1.5) for a in (1.0, 5.0, 9.0, 12.0)]
    luck = study_luck(alike)
    assert luck.variance == pytest.approx(1.0)
    assert (luck.factor, luck.freedom) == (pytest.approx(1.0), 3)  # no more than all four have, but for their mean
    assert luck.variance_of(alike[0]) == (pytest.approx(2.0), 3)


def test_accuracies_that_happen_to_be_equal_do_not_say_anything() -> None:
    """A deviation of 0 over three trainings is rounding, or chance; the others vary by 1 to 4."""
    equal = [sample(0.1, 0.1, 0.1), *(sample(0.0, size, 2 * size) for size in (1.0, 1.5, 2.0))]
    luck = study_luck(equal)
    assert luck.freedom > 0
    assert 0 < luck.variance_of(equal[0])[0] < 4
    assert study_luck([sample(0.1, 0.1)] * 3) == Luck()
    only_one = study_luck([sample(0.1, 0.1), sample(0.2, 0.2), sample(0.0, 2.0)])
    assert only_one.variance == pytest.approx(2 / 3)


def test_images_that_replicates_share_are_no_variance_between_them() -> None:
    shared = Sample(np.array([1.0, 1.0]), image_variance=4.0, weight=1.0, overlap=0.75)
    assert (shared.fresh, shared.shared) == (1.0, 3.0)
    assert Luck(variance=2.0).foretold(shared) == 3.0


def test_what_a_replicate_does_to_all_is_no_luck_of_theirs() -> None:
    """Each network against the mean of all: of five by 0.01 of luck, under shifts of 0.1 that all share."""
    generator, num = np.random.default_rng(0), 5
    value_RM = generator.normal(0, 0.1, (2000, 1)) + generator.normal(0, 0.01, (2000, num))
    centred = [Sample(value_RM[:, one] - value_RM.mean(axis=1), 0.0, 1 - 1 / num) for one in range(num)]
    assert study_luck(centred).variance == pytest.approx(1e-4, rel=0.1)


def test_luck_is_never_below_nothing() -> None:
    assert study_luck([sample(a, a + 0.1, image_variance=1.0) for a in (1.0, 2.0, 3.0)]).variance == 0


@pytest.mark.parametrize("freedom", [4.0, 16.0])
def test_how_much_networks_differ_in_their_luck_is_found(freedom: float) -> None:
    generator, num, each = np.random.default_rng(0), 4000, 10
    deviation_G = 2.0 * np.sqrt(freedom / generator.chisquare(freedom, num))
    samples = [Sample(generator.normal(0, deviation, each + 1), 0.0, 1.0) for deviation in deviation_G]
    luck = study_luck(samples)
    assert luck.freedom == pytest.approx(freedom, rel=0.2)
    assert luck.factor * luck.variance == pytest.approx(4.0, rel=0.05)
