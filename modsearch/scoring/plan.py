"""Plan: what a search will take, before it is launched."""

import random
from collections.abc import Callable, Sequence
from dataclasses import astuple

import numpy as np

from modsearch.architecture import Architecture
from modsearch.images import count_images
from modsearch.record import Plan, TrialCost
from modsearch.scoring.evaluator import LocalEvaluator
from modsearch.scoring.latency import start_server
from modsearch.scoring.trial_cost import TrialTimer
from modsearch.space import SearchSpace, num_networks

_NUM_DRAWS = 1000
_ASKS = 2  # proposals a trained network, with the repeats that the record answers
_PARAMETER_BYTES, _TRIAL_BYTES = 280, 1000  # what Optuna's journal takes for each besides network and scores

OnStep = Callable[[str], None]


def make_plan(evaluator: LocalEvaluator, on_step: OnStep = lambda _: None) -> Plan:
    """Time a few short trials and work out what the study takes.

    The usual network's figures are those of a thousand random points on average: each is linear in the numbers of
    standard and of MoD blocks, and runs through what was timed. Members of a space are drawn equally often.

    Args:
        evaluator: of the study.
        on_step: is told what is being done.

    Raises:
        ValueError: the data are not there or too few.
        RuntimeError: a timed trial failed.
    """
    spec, space = evaluator.spec, evaluator.spec.space
    start_server()  # which no trial but the first would wait for
    on_step("counting images")
    images = count_images(spec.data, spec.fidelity)
    timer, usual = TrialTimer(evaluator, images), []
    timed: dict[str, tuple[Architecture, TrialCost]] = {}
    for name, member in space.members.items():
        costs = {}
        for role, network in _roles(member).items():
            on_step(f"timing a short trial of the {f'{name} {role}'.strip()} network")
            costs[f"{name} {role}".strip()] = (network, timer.time(network))
        usual.append(_usual(list(costs.values()), _draw(member)))
        timed |= costs
    on_step("counting the networks of the space")
    size = num_networks(space)
    largest = max(len(network.to_json()) for network, _ in timed.values())
    return Plan(
        name=spec.name,
        num_points=space.num_points,
        num_networks=size,
        images=images,
        num_trials=None if spec.budget.trials is None else min(spec.budget.trials, size),
        timed=timed,
        usual=TrialCost(*np.mean([astuple(cost) for cost in usual], axis=0).tolist()),
        ask_bytes=_ASKS * (largest + _PARAMETER_BYTES * len(space.parameters) + _TRIAL_BYTES),
        budget=spec.budget,
    )


def _roles(space: SearchSpace) -> dict[str, Architecture]:
    costliest = space.costliest()
    deleted = {"deleted": costliest.deleted()} if costliest.num_light_blocks else {}
    return {"cheapest": space.cheapest(), "costliest": costliest, **deleted}


def _draw(space: SearchSpace) -> list[Architecture]:
    """The different networks of a thousand random points, always the same."""
    generator = random.Random(0)
    networks = (space.decode(space.draw(generator)) for _ in range(_NUM_DRAWS))
    return list({network.id: network for network in networks}.values())


def _usual(timed: Sequence[tuple[Architecture, TrialCost]], drawn: Sequence[Architecture]) -> TrialCost:
    """The mean cost of the drawn networks, by least squares through the timed ones and never outside of them."""
    costs = np.asarray([astuple(cost) for _, cost in timed])
    slopes = np.linalg.lstsq(np.asarray([_blocks(network) for network, _ in timed]), costs, rcond=None)[0]
    means = np.mean([_blocks(network) for network in drawn], axis=0) @ slopes
    return TrialCost(*np.clip(means, costs.min(axis=0), costs.max(axis=0)).tolist())


def _blocks(network: Architecture) -> tuple[int, int, int]:
    """One, the number of standard blocks and that of light blocks."""
    return 1, sum(network.depths) - network.num_light_blocks, network.num_light_blocks
