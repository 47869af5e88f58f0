"""Who belongs on a front: for sure, among the networks that the paper prints, and where little is known."""

import numpy as np
import pytest

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


def test_two_networks_of_which_little_is_known() -> None:
    """At the same latency the one is above the other as often as a difference of two normal values is above 0."""
    belief = Belief(
        accuracy_M=np.array([0.51, 0.50]),
        error_M=np.array([0.01, 0.01]),
        freedom_M=np.array([1e9, 1e9]),
        log_cost_KM=np.zeros((1, 2)),
        cost_error_KM=np.zeros((1, 2)),
    )
    found = front_shares(*belief.draw(40_000, np.random.default_rng(0)))
    assert found[0] == pytest.approx(0.7602, abs=0.01)  # of 0.01 / (0.01 sqrt 2) deviations
    assert found.sum() == pytest.approx(1)


def test_few_degrees_of_freedom_leave_more_open() -> None:
    def wide(freedom: float) -> float:
        belief = Belief(np.zeros(1), np.ones(1), np.array([freedom]), np.zeros((1, 1)), np.zeros((1, 1)))
        accuracy_DM, _ = belief.draw(100_000, np.random.default_rng(0))
        return float(np.quantile(accuracy_DM, 0.975))

    assert wide(3) == pytest.approx(3.182, abs=0.1)  # of Student's t
    assert wide(float("inf")) == pytest.approx(1.96, abs=0.03)
