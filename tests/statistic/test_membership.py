"""Who belongs on a front: for sure, among the networks that the paper prints, and where little is known."""

import math

import numpy as np
import pytest
from scipy.special import ndtri

from modsearch.architecture.printed import PRINTED, Printed
from modsearch.statistic.membership import Belief, front_shares

ROWS = {name: row for name, row in PRINTED.items() if "cifar" not in name}


def shares(cost: str, gain: float = 0.0, saving: float = 0.0) -> dict[str, float]:
    """Of the paper's networks on ImageNet, by what is printed."""
    rows: dict[str, Printed] = {name: row for name, row in ROWS.items() if getattr(row, cost) and row.top1}
    accuracy_1M = np.array([[row.top1 for row in rows.values()]], float) / 100
    log_cost_11M = np.log(np.array([[[getattr(row, cost) for row in rows.values()]]], float))
    return dict(zip(rows, front_shares(accuracy_1M, log_cost_11M, gain, saving).tolist(), strict=True))


@pytest.mark.parametrize(
    ("cost", "dominated"),
    [
        ("cpu_ms", {"resnet50", "resnet101", "resnet34_mod", "resnet18", "resnet18_mod"}),
        ("gpu_ms", {"resnet50", "resnet101", "resnet34_mod", "resnet18"}),
        ("gmacs", {"resnet50", "resnet34", "resnet34_mod", "resnet18", "resnet18_mod"}),
    ],
)
def test_printed_networks_that_are_dominated(cost: str, dominated: set[str]) -> None:
    assert {name for name, share in shares(cost).items() if share == 0} == dominated


@pytest.mark.parametrize(
    ("cost", "missed"),
    [
        ("cpu_ms", {"resnet50", "resnet18"}),
        ("gpu_ms", {"resnet50", "resnet18"}),
        ("gmacs", {"resnet50", "resnet34", "resnet18", "resnet18_mod"}),
    ],
)
def test_printed_networks_that_are_not_recovered(cost: str, missed: set[str]) -> None:
    assert {name for name, share in shares(cost, gain=0.003, saving=0.02).items() if share < 0.5} == missed


def test_equal_networks_do_not_dominate_each_other() -> None:
    assert front_shares(np.array([[0.5, 0.5]]), np.array([[[1.0, 1.0]]])).tolist() == [1, 1]


def test_of_two_costs_one_that_is_lower_keeps_a_network_on_the_front() -> None:
    accuracy_1M = np.array([[0.5, 0.6, 0.6]])
    log_cost_21M = np.array([[[2.0, 1.0, 3.0]], [[1.0, 2.0, 3.0]]])
    assert front_shares(accuracy_1M, log_cost_21M).tolist() == [1, 1, 0]
    assert front_shares(accuracy_1M, log_cost_21M[:1]).tolist() == [0, 1, 0]


def belief(accuracies: list[float], error: float, freedom: float = math.inf, own: float | None = None) -> Belief:
    """Of networks that cost the same."""
    num = len(accuracies)
    costs = np.zeros((1, num))
    return Belief(np.array(accuracies), np.full(num, error), np.full(num, freedom), costs, costs, own=own)


def memberships(known: Belief, num: int = 40_000) -> list[float]:
    return front_shares(*known.draw(num, np.random.default_rng(0))).tolist()


@pytest.mark.parametrize(
    ("own", "share"),
    [
        (1.0, 0.7602),  # what each has of its own may be anything: of 0.01 / (0.01 sqrt 2) deviations
        (0.01, 0.6915),  # half of the gap is luck, and half of its variance: of 0.005 / 0.01 deviations
    ],
)
def test_two_networks_of_which_little_is_known(own: float, share: float) -> None:
    """At the same latency the one is above the other as often as a difference of two normal values is above 0."""
    found = memberships(belief([0.51, 0.50], 0.01, own=own))
    assert found == pytest.approx([share, 1 - share], abs=0.01)


def test_networks_that_lie_as_close_as_luck_has_it_are_taken_for_alike() -> None:
    """Nineteen quantiles of the luck: that of the largest is not much likelier to be the best."""
    lucky = (0.5 + 0.01 * ndtri(np.arange(1, 20) / 20)).tolist()
    assert max(memberships(belief(lucky, 0.01, own=1.0))) > 0.25
    assert max(memberships(belief(lucky, 0.01))) < 0.2


def test_networks_that_lie_far_apart_are_taken_for_themselves() -> None:
    assert memberships(belief([0.50, 0.55, 0.60], 0.005))[2] > 0.99


def test_a_kind_is_held_against_its_own() -> None:
    """Light networks all lie two points above the plain ones: that is usual for them, and none of it is taken off."""
    generator = np.random.default_rng(0)
    cost_1M, kind_M = np.linspace(-1, 1, 20)[None], np.arange(20) % 2
    truth_M = 0.5 + 0.05 * cost_1M[0] + 0.02 * kind_M
    accuracy_M = truth_M + 0.01 * generator.standard_normal(20)
    known = Belief(accuracy_M, np.full(20, 0.01), np.full(20, 1e9), cost_1M, np.zeros((1, 20)), kind_M)
    accuracy_DM, _ = known.draw(4000, generator)
    off_M = accuracy_DM.mean(axis=0) - truth_M
    assert np.abs(off_M).mean() < 0.7 * np.abs(accuracy_M - truth_M).mean()
    assert off_M[kind_M == 1].mean() == pytest.approx(off_M[kind_M == 0].mean(), abs=0.006)


def test_what_is_called_likely_is_as_likely() -> None:
    """Of many studies, in each of three bins of the probability: not the best of them seem likelier than they are."""
    generator, said, true = np.random.default_rng(0), [], []
    for _ in range(150):
        cost_1M = generator.uniform(-0.6, 0.6, (1, 15))
        truth_M = 0.5 + 0.06 * cost_1M[0] + 0.006 * generator.standard_normal(15)
        known = Belief(
            truth_M + 0.006 * generator.standard_normal(15),
            np.full(15, 0.006),
            np.full(15, 1e9),
            cost_1M,
            np.zeros((1, 15)),
        )
        said += front_shares(*known.draw(400, generator)).tolist()
        true += front_shares(truth_M[None], cost_1M[:, None]).tolist()
    said_M, true_M = np.array(said), np.array(true)
    for low in (0.1, 0.4, 0.7):
        is_in_M = (low <= said_M) & (said_M < low + 0.3)
        assert is_in_M.sum() > 100
        assert true_M[is_in_M].mean() == pytest.approx(said_M[is_in_M].mean(), abs=0.08)


def test_few_degrees_of_freedom_leave_more_open() -> None:
    def wide(freedom: float) -> float:
        accuracy_DM, _ = belief([0.5], 0.001, freedom, own=1.0).draw(100_000, np.random.default_rng(0))
        return float(np.quantile(accuracy_DM - 0.5, 0.975)) / 0.001

    assert wide(3) == pytest.approx(3.182, abs=0.1)  # of Student's t
    assert wide(float("inf")) == pytest.approx(1.96, abs=0.03)
