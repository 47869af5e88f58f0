"""Which network is chosen: fronts whose answer is worked out by hand."""

import pytest

from modsearch.analysis import FrontInfo, front_info, knee, most_accurate, under
from modsearch.architecture import Architecture, Standard
from modsearch.record import Measurement, Score, Trial
from tests.conformance.tabulated import study_spec

SPEC = study_spec()


def network(depth: int) -> Architecture:
    return Architecture(
        backbone="resnet_basic",
        stem="cifar",
        widths=(16, 32, 64),
        stages=((Standard(),) * depth, (Standard(),), (Standard(),)),
    )


def trial(number: int, accuracy: float, latency: tuple[float, float, float]) -> Trial:
    """The network with as many blocks as its number, from 1."""
    low, value, high = latency
    metrics = {
        "accuracy": Measurement.exact(accuracy, "fraction"),
        "relative_latency": Measurement(value=value, low=low, high=high, num_samples=3, unit="x reference"),
        "params": Measurement.exact(1000.0 * number, "parameters"),
    }
    return Trial(number=number, state="complete", architecture=network(number), score=Score(metrics=metrics))


def info(*rows: tuple[float, float]) -> FrontInfo:
    """A front of networks of these accuracies and latencies, known within 10 %."""
    trials = [trial(n, accuracy, (0.9 * at, at, 1.1 * at)) for n, (accuracy, at) in enumerate(rows, 1)]
    return front_info(trials, SPEC)


def test_the_most_accurate() -> None:
    assert most_accurate(info((0.5, 1.0), (0.9, 4.0), (0.7, 2.0))).id == network(2).id


def test_of_two_that_are_as_accurate_the_cheaper_one_is_on_the_front() -> None:
    assert most_accurate(info((0.9, 4.0), (0.9, 2.0))).id == network(2).id


def test_an_empty_front() -> None:
    with pytest.raises(ValueError, match="The front of table is empty"):
        most_accurate(info())


def test_the_knee_is_farthest_above_the_chord_over_the_logarithm_of_cost() -> None:
    # The chord goes from 0.5 at 1 to 0.9 at 16, 0.1 for each doubling: it has 0.6 at 2, 0.7 at 4 and 0.8 at 8.
    # The networks lie 0.05, 0.12 and 0.07 above it; over the cost itself 0.18, 0.24 and 0.18.
    assert knee(info((0.5, 1.0), (0.65, 2.0), (0.82, 4.0), (0.87, 8.0), (0.9, 16.0))).id == network(3).id
    # 0.11 and 0.10 above it; over the cost itself the second one would win: 0.18 against 0.22.
    assert knee(info((0.5, 1.0), (0.71, 2.0), (0.8, 4.0), (0.9, 16.0))).id == network(2).id


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (((0.5, 1.0), (0.9, 4.0)), "only 2 networks are on it"),
        (((0.5, 1.0), (0.6, 4.0), (0.9, 16.0)), "none lies above the line of its ends"),
    ],
)
def test_a_front_without_a_knee(rows: tuple[tuple[float, float], ...], told: str) -> None:
    with pytest.raises(ValueError, match=rf"The front of table has no knee: {told}\. Choose with --id"):
        knee(info(*rows))


def test_under_a_limit_the_whole_interval_must_lie() -> None:
    found = info((0.5, 1.0), (0.7, 2.0), (0.9, 4.0))
    assert under(found, "relative_latency", 2.3).id == network(2).id  # up to 2.2
    assert under(found, "relative_latency", 2.2).id == network(1).id
    assert under(found, "relative_latency", 99).id == network(3).id
    assert under(found, "params", 2001).id == network(2).id


def test_under_another_metric_a_network_behind_the_front_may_be_best() -> None:
    found = info((0.5, 1.0), (0.45, 1.5), (0.9, 4.0))
    assert network(2).id not in {member.id for member in found.members}
    assert under(found, "params", 2500).id == network(1).id
    other = front_info([trial(2, 0.5, (1, 1, 1)), trial(1, 0.45, (2, 2, 2))], SPEC)
    assert under(other, "params", 1500).id == network(1).id


def test_a_limit_that_none_keeps_names_the_least() -> None:
    with pytest.raises(
        ValueError, match=r"--under must be above 1\.1, which the least relative_latency reaches up to\. Got 0\.5"
    ):
        under(info((0.5, 1.0)), "relative_latency", 0.5)
    with pytest.raises(
        ValueError, match=r"--under must be METRIC=LIMIT with one of params, relative_latency.*Did you mean 'params'"
    ):
        under(info((0.5, 1.0)), "param", 0.5)
