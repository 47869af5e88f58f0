"""Which networks of a study are trained anew."""

from typing import Any

import pytest

from modsearch.analysis import FrontInfo, front_info
from modsearch.architecture import Architecture, published_name
from modsearch.record import Measurement, Score, Trial
from modsearch.search.refine.candidate import draft_plan, near_members
from modsearch.space import Fidelity
from tests.conformance.tabulated import study_spec

FIDELITY = Fidelity(image_size=32, epochs=2)
SPEC = study_spec()
NETWORKS = list({network.id: network for network in map(SPEC.space.decode, SPEC.space.points())}.values())


def trial(number: int, network: Architecture, accuracy: float, cost: float, half: float = 0.02) -> Trial:
    top1 = Measurement(value=accuracy, low=accuracy - half, high=accuracy + half, num_samples=100, unit="fraction")
    latency = Measurement(value=cost, low=0.99 * cost, high=1.01 * cost, num_samples=3, unit="x reference")
    score = Score(metrics={"accuracy": top1, "relative_latency": latency})
    return Trial(number=number, state="complete", architecture=network, score=score)


def study(*points: tuple[float, float], networks: list[Architecture] = NETWORKS) -> FrontInfo:
    trials = [
        trial(number, network, *point) for number, (network, point) in enumerate(zip(networks, points, strict=False))
    ]
    return front_info(trials, SPEC)


def roles(info: FrontInfo, role: Any) -> list[float]:
    """The accuracies of the networks that have it."""
    accuracy = {point.id: point.scores["accuracy"].value for point in info.points}
    return sorted(
        accuracy[network.id] for network in draft_plan(info, SPEC, FIDELITY).having(role) if network.id in accuracy
    )


def test_who_may_be_a_member_by_noise_is_near() -> None:
    """0.78 at a cost of 1 reaches 0.80 at its upper end, 0.77 does not; 0.60 is cheaper than all but for the noise."""
    info = study((0.795, 1.0), (0.78, 1.0), (0.77, 1.02), (0.60, 0.5), (0.59, 0.504), (0.50, 0.7))
    assert [point.scores["accuracy"].value for point in near_members(info)] == [0.59, 0.78]
    assert roles(info, "member") == [0.60, 0.795]
    assert roles(info, "near") == [0.59, 0.78]


def test_of_many_that_are_near_the_nearest_are_taken() -> None:
    info = study((0.9, 1.0), *((0.9 - 0.001 * index, 1.0 + 0.01 * index) for index in range(1, 20)))
    assert roles(info, "near") == pytest.approx([0.894, 0.895, 0.896, 0.897, 0.898, 0.899])


def test_twelve_are_drawn_over_latency() -> None:
    info = study(*((0.5 + 0.001 * index, 1.0 + index) for index in range(48)))
    drawn = roles(info, "drawn")
    assert [int((accuracy - 0.4999) / 0.004) for accuracy in drawn] == list(range(12))  # one of each four
    assert drawn == roles(info, "drawn")


def test_a_small_study_draws_each_once() -> None:
    assert len(roles(study((0.5, 1.0), (0.6, 2.0)), "drawn")) == 2


def test_the_ladder_is_the_front_of_plain_networks() -> None:
    plain = [network for network in NETWORKS if not network.num_light_blocks]
    light = [network for network in NETWORKS if network.num_light_blocks]
    networks = [light[0], *plain[:3], light[1]]
    info = study((0.9, 0.5), (0.6, 1.0), (0.5, 2.0), (0.8, 3.0), (0.95, 4.0), networks=networks)
    assert roles(info, "ladder") == [0.6, 0.8]


def test_a_long_ladder_keeps_both_ends_and_equal_steps_between() -> None:
    plain = [network for network in NETWORKS if not network.num_light_blocks]
    info = study(*((0.5 + 0.01 * index, 1.1**index) for index in range(21)), networks=plain)
    assert roles(info, "ladder") == pytest.approx([0.50, 0.54, 0.58, 0.62, 0.66, 0.70])


def test_published_networks_of_the_space_are_trained_also_where_the_search_did_not() -> None:
    plan = draft_plan(study((0.5, 1.0)), SPEC, FIDELITY)
    names = {published_name(network.architecture) for network in plan.having("published")}
    assert "resnet20_cifar" in names
    assert all(network.architecture in SPEC.space for network in plan.having("published"))
