"""Costs from latencies that are sums, whose terms are known."""

import math
import random

import pytest

from modsearch.architecture import Architecture
from modsearch.message import parse
from modsearch.record import PartCost, TimedNetwork
from modsearch.scoring.latency_table import CostModel, draw_networks, list_parts
from modsearch.space import SearchSpace
from tests.conformance.tabulated import SPACE
from tests.scoring.latency_table.additive import latency_ms, part_ms

REFERENCE_MS = 10.0
NOISE = 0.01


def timed(networks: list[Architecture], noise: float, seed: int = 0) -> list[TimedNetwork]:
    generator = random.Random(seed)
    found = []
    for network in networks:
        value = latency_ms(network) / REFERENCE_MS * math.exp(generator.gauss(0, noise))
        ends = {"low": value * math.exp(-2 * noise), "high": value * math.exp(2 * noise)}
        found.append(TimedNetwork(architecture=network, role="calibration", relative_latency=value, **ends))
    return found


def model(noise: float, space: SearchSpace | None = None) -> CostModel:
    space = space or parse(SearchSpace, SPACE)
    listed = list_parts(space)
    networks = listed.networks()
    return CostModel(listed.parts, timed([*networks, *draw_networks(space, 40, 0, networks)], noise))


def off(cost: PartCost) -> float:
    return cost.value - part_ms(cost.part) / REFERENCE_MS


def test_exact_sums_give_the_exact_costs() -> None:
    assert max(abs(off(cost)) for cost in model(0.0).costs()) < 1e-4
    assert model(0.0).log_error() < 1e-3


def test_intervals_hold_the_true_costs() -> None:
    costs = [cost for cost in model(NOISE).costs() if cost.part.kind != "frame"]
    inside = sum(cost.low <= part_ms(cost.part) / REFERENCE_MS <= cost.high for cost in costs)
    assert inside >= 0.9 * len(costs)
    assert all(cost.high - cost.low < 0.05 for cost in costs)  # a standard block costs 0.1


def test_the_error_is_that_of_the_noise() -> None:
    assert 1.5 * NOISE < model(NOISE).log_error() < 4 * NOISE  # 2 sigma, and what the costs add


def test_costs_of_other_k_lie_between_those_that_were_timed() -> None:
    many = parse(SearchSpace, SPACE | {"widths": [64] * 3, "c": [1, 2, 4, 8, 16, 32, 64]})
    listed = list_parts(many)
    found = CostModel(listed.parts, timed(listed.networks(), 0.0)).costs()  # four of seven k in a stage
    assert max(abs(off(cost)) for cost in found) < 1e-3


def test_the_left_out_network_does_not_predict_itself() -> None:
    space = parse(SearchSpace, SPACE)
    listed = list_parts(space)
    right = timed([*listed.networks(), *draw_networks(space, 40, 0, listed.networks())], 0.0)
    wrong = right[-1].model_copy(update={"relative_latency": 5.0, "low": 5.0, "high": 5.0})
    left_out = CostModel(listed.parts, [*right[:-1], wrong]).left_out()
    assert left_out[-1] == pytest.approx(right[-1].relative_latency, rel=1e-3)
