"""Candidates: which networks of a study are trained anew, decided by what its search found."""

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log

from modsearch.analysis import FrontInfo, FrontPoint
from modsearch.architecture import Architecture, published
from modsearch.record import RefinementPlan, Role
from modsearch.space import Fidelity, StudySpec
from modsearch.statistic import dominates, pareto_front

_MOST_NEAR = 6
_NUM_DRAWN = 12
_MOST_LADDER = 6


def draft_plan(info: FrontInfo, spec: StudySpec, fidelity: Fidelity) -> RefinementPlan:
    """What may belong on the front, what that is held against, and what the search's own accuracies are judged by.

    The front's members; at most as many others, and six in any case, that would be members at the upper ends of their
    intervals; the published networks of the space; twelve drawn at random over latency; and a ladder: the front of the
    plain networks alone, at most six, spread over its latencies.
    """
    chosen: Mapping[Role, Sequence[Architecture]] = {
        "member": [point.architecture for point in info.members],
        "near": [point.architecture for point in near_members(info)],
        "published": _published(info, spec),
        "drawn": [point.architecture for point in _drawn(info, spec.seed)],
        "ladder": [point.architecture for point in _ladder(info)],
    }
    plan = RefinementPlan(fidelity=fidelity, networks=())
    for role, networks in chosen.items():
        for network in networks:
            plan = plan.with_network(network, role)
    return plan


def near_members(info: FrontInfo) -> list[FrontPoint]:
    """The networks that no member would dominate at the upper ends of their intervals, the nearest first."""
    names = tuple(objective.name for objective in info.objectives)
    directions = [objective.direction for objective in info.objectives]

    def is_near(point: FrontPoint) -> bool:
        best = [
            point.scores[name].high if way == "maximize" else point.scores[name].low
            for name, way in zip(names, directions, strict=True)
        ]
        return not any(dominates(member.score.values(names), best, directions) for member in info.members)

    def gap(point: FrontPoint) -> float:
        values = point.score.values(names)
        above = [one for one in info.members if dominates(one.score.values(names), values, directions)]
        return max((_accuracy(member) - _accuracy(point) for member in above), default=0.0)

    near = sorted(filter(is_near, info.others), key=lambda point: (gap(point), point.id))
    return near[: max(_MOST_NEAR, len(info.members))]


def _published(info: FrontInfo, spec: StudySpec) -> list[Architecture]:
    """Those that the search scored or could have."""
    scored = {point.id for point in info.points}
    networks = {preset.architecture.id: preset.architecture for preset in published().values()}
    return [network for key, network in networks.items() if key in scored or network in spec.space]


def _drawn(info: FrontInfo, seed: int) -> list[FrontPoint]:
    """One at random of each twelfth of the networks in the order of their cost."""
    points = sorted(info.points, key=lambda point: (_cost(info, point), point.id))
    num = min(_NUM_DRAWN, len(points))
    ends = [round(len(points) * index / num) for index in range(num + 1)]
    generator = random.Random(f"{seed} drawn")
    return [generator.choice(points[start:end]) for start, end in pairwise(ends)]


def _ladder(info: FrontInfo) -> list[FrontPoint]:
    """The front of the plain networks, from cheap to dear; of many, those nearest to equal steps of log cost."""
    plain = [point for point in info.points if point.is_plain]
    values = [(_accuracy(point), _cost(info, point)) for point in plain]
    rungs = [plain[index] for index in pareto_front(values, ("maximize", "minimize"))]
    rungs.sort(key=lambda point: (_cost(info, point), point.id))
    if len(rungs) <= _MOST_LADDER:
        return rungs
    low, high = (log(_cost(info, point)) for point in (rungs[0], rungs[-1]))
    steps = [low + (high - low) * index / (_MOST_LADDER - 1) for index in range(_MOST_LADDER)]
    nearest = {min(rungs, key=lambda point: abs(log(_cost(info, point)) - step)).id for step in steps}
    return [point for point in rungs if point.id in nearest]


def _accuracy(point: FrontPoint) -> float:
    return point.scores["accuracy"].value


def _cost(info: FrontInfo, point: FrontPoint) -> float:
    return point.scores[info.costs[0].name].value
