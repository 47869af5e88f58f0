"""Training that fits the hours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modsearch.space.draft import (
    Cost,
    Training,
    draft_study,
    fit,
    trainings,
)
from tests.space.draft.requested import make_request


def test_the_best_training_is_kept_where_there_is_time() -> None:
    """8 h of 10 s + 710 s: 40 networks."""
    asked = make_request()
    found = fit(asked, trainings(asked)[0], Cost(10, 710))
    assert found.spec.fidelity.images_per_class == 500
    assert (found.spec.budget.trials, found.spec.budget.hours, found.num_in_time) == (40, 8, 40)


def test_training_shrinks_until_there_is_time_for_40() -> None:
    """8 h are 720 s for each of 40: 10 s + 2,800 s / 4 are less, 10 s + 2,800 s / 2 are more."""
    asked = make_request()
    found = fit(asked, trainings(asked)[0], Cost(10, 2800))
    assert found.spec.fidelity.images_per_class == 125
    assert found.cost == Cost(10, pytest.approx(700))
    assert found.spec.budget.trials == 28_800 // 710 == 40


def test_the_least_training_is_taken_where_nothing_is_enough() -> None:
    """62 of 500 images, 6 of 18 epochs, a quarter of the pixels: 62 / 6000 of the time."""
    asked = make_request()
    found = fit(asked, trainings(asked)[0], Cost(300, 600_000))
    assert found.cost == Cost(300, pytest.approx(6200))
    assert (found.spec.fidelity.images_per_class, found.spec.fidelity.epochs, found.spec.fidelity.image_size) == (
        62,
        6,
        64,
    )
    assert (found.num_in_time, found.spec.budget.trials) == (4, 10)  # 28,800 s / 6,500 s
    assert found.hours_needed == pytest.approx(20 * 6500 / 3600)


def test_no_more_than_200_networks_are_planned() -> None:
    asked = make_request()
    found = fit(asked, trainings(asked)[0], Cost(1, 9))
    assert (found.spec.budget.trials, found.num_in_time) == (200, 2880)


def test_workers_train_side_by_side_and_networks_are_timed_one_by_one() -> None:
    """8 h of 20 s + 2,800 s / 4 each; the budget counts the hours of all workers."""
    asked = make_request(num_workers=4)
    found = fit(asked, trainings(asked)[0], Cost(20, 2800))
    assert found.spec.budget.trials == 28_800 // 720 == 40
    assert found.spec.budget.hours == 32
    assert found.spec.executor.model_dump(include={"kind", "gpus_per_trial"}) == {"kind": "ray", "gpus_per_trial": 1}
    assert draft_study(make_request(), Training(None, 1, 64)).executor.kind == "local"


@given(measure_s=st.floats(0.1, 1000), train_s=st.floats(0.1, 1e7), hours=st.floats(0.01, 1000))
def test_the_budget_keeps_to_the_hours_or_is_the_least(measure_s: float, train_s: float, hours: float) -> None:
    asked = make_request("resnet20_cifar", hours=hours)
    found = fit(asked, trainings(asked)[0], Cost(measure_s, train_s))
    trials = found.spec.budget.trials
    assert trials is not None
    assert 10 <= trials <= 200
    assert trials == 10 or trials * (found.cost.measure_s + found.cost.train_s) <= 3600 * hours
