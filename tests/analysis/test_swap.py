"""What swaps of a network do, by the best that is known of each."""

from collections.abc import Sequence
from math import inf, sqrt

import pytest

from modsearch.analysis import Evidence, SwapEffect, SwapInfo, swap_info
from modsearch.analysis.plain_curve import USUAL_LUCK
from modsearch.architecture import Architecture, swaps
from modsearch.record import Refined, Score
from modsearch.statistic.contrast import Estimate
from tests.analysis.small_refinement import accuracy, each, latency, plan_of, right
from tests.analysis.small_study import SPEC, network, packed

CHOSEN = network("SMS", "S", "S")
REMOVED, MOVED, ADDED = network("SS", "S", "S"), network("SSM", "S", "S"), network("SMS", "S", "SM")


def scored(num_right: int, log_cost: float, log_error: float = 0.0) -> Score:
    metrics = {"accuracy": accuracy(num_right / 1000), "relative_latency": latency(log_cost, log_error)}
    return Score(metrics=metrics, correct=packed(right(num_right)))


SCORES = {CHOSEN.id: scored(500, 0.0, 0.01), REMOVED.id: scored(440, -0.1, 0.02), MOVED.id: scored(510, 0.05)}


def info_of(results: Sequence[Refined] = (), is_believed: bool = False, chosen: Architecture = CHOSEN) -> SwapInfo:
    plan = plan_of(*{result.task.architecture.id: result.task.architecture for result in results}.values())
    return swap_info(chosen, Evidence(plan, results, SCORES), SPEC, foretold if is_believed else None)


def foretold(chosen: Architecture, others: Sequence[Architecture]) -> list[tuple[Estimate, Estimate]]:
    assert chosen == CHOSEN
    return [(Estimate(0.1 + index, 0.02, inf), Estimate(0.3, 0.04, inf)) for index in range(len(others))]


def effect_of(info: SwapInfo, architecture: Architecture) -> SwapEffect:
    return next(effect for effect in info.effects if effect.swap.architecture == architecture)


def test_what_the_search_measured_of_both_has_images_and_luck() -> None:
    effect = effect_of(info_of(), REMOVED)
    images = sqrt(60 - 60**2 / 1000) / 1000  # of McNemar: sixty images, all one way
    assert effect.accuracy.basis == effect.log_cost.basis == "measured"
    assert effect.accuracy.difference.value == pytest.approx(-0.06)
    assert effect.accuracy.difference.error == pytest.approx(sqrt(images**2 + 2 * USUAL_LUCK**2))
    assert effect.log_cost.difference.value == pytest.approx(-0.1)
    assert effect.log_cost.difference.error == pytest.approx(sqrt(0.01**2 + 0.02**2))


def test_networks_of_which_nothing_is_known_are_counted() -> None:
    info = info_of()
    assert {effect.swap.architecture for effect in info.effects} == {REMOVED, MOVED}
    assert info.num_unknown == 6  # the block in two other stages; another one in four places
    assert [effect.swap.architecture for effect in info.effects] == [MOVED, REMOVED]  # the largest gain first


def test_what_is_not_measured_is_predicted_where_the_model_is_believed() -> None:
    info = info_of(is_believed=True)
    assert info.num_unknown == 0
    added = effect_of(info, ADDED)
    assert added.accuracy.basis == added.log_cost.basis == "predicted"
    assert added.log_cost.difference == Estimate(0.3, 0.04, inf)
    assert added.verdict == "better"
    assert effect_of(info, MOVED).accuracy.basis == "measured"


def test_trainings_anew_of_both_take_the_place_of_the_search_s() -> None:
    results = [*each(CHOSEN, 500, 510, 520), *each(MOVED, 530, 541, 549), *each(REMOVED, 500, 509, 521)]
    info = info_of(results)
    moved = effect_of(info, MOVED).accuracy
    assert moved.basis == "trained anew"
    assert moved.difference.value == pytest.approx(0.03)
    assert moved.difference == Evidence(plan_of(CHOSEN, MOVED, REMOVED), results, SCORES).difference(
        MOVED.id, CHOSEN.id
    )


def test_only_networks_of_the_space_are_advised() -> None:
    advised = {effect.swap.architecture for effect in info_of(is_believed=True).effects}
    assert advised == {swap.architecture for swap in swaps(CHOSEN) if swap.architecture in SPEC.space}
    assert network("SMMMS", "S", "S") not in advised  # three light blocks in a stage
    elsewhere = Architecture.model_validate(CHOSEN.model_dump() | {"widths": (8, 16, 32)})
    assert (info_of(chosen=elsewhere).effects, info_of(chosen=elsewhere).num_unknown) == ((), 0)


def test_a_plain_network_may_get_a_block_of_the_space() -> None:
    added = effect_of(info_of(chosen=REMOVED), CHOSEN)
    assert added.swap.change == "added"
    assert added.accuracy.difference.value == pytest.approx(0.06)
    assert added.log_cost.difference.value == pytest.approx(0.1)
