"""Where the published networks stand in a study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from modsearch.analysis.front import FrontInfo, front_info
from modsearch.analysis.point import FrontPoint
from modsearch.analysis.refined import RefinedInfo, RefinedNetwork
from modsearch.architecture import Published, published, published_name
from modsearch.record import Trial
from modsearch.space import StudySpec
from modsearch.statistic import dominates

Standing = Literal["front", "dominated", "unscored", "untried", "outside"]
"""On the front; scored but dominated; tried without a score (failed, pruned); in the space but not tried; not in it."""


@dataclass(frozen=True)
class PublishedStatus:
    """Where one published network stands in a study.

    Attributes:
        name: the published name.
        id: the architecture's id.
        standing: see ``Standing``. A network that was scored counts as scored, in the space or not.
        point: its scores, if it has any.
        dominated_by: the front member that dominates it with the largest gain in accuracy; None unless dominated.
        gains: objective name -> how much better that member is, in the objective's unit, never negative.
        reason: why an unscored one has no score.
        refined: what trainings anew say of it; None where there are none.
    """

    name: str
    id: str
    standing: Standing
    point: FrontPoint | None = None
    dominated_by: FrontPoint | None = None
    gains: Mapping[str, float] | None = None
    reason: str = ""
    refined: RefinedNetwork | None = None


def published_info(
    trials: Sequence[Trial], spec: StudySpec, refined: RefinedInfo | None = None
) -> tuple[PublishedStatus, ...]:
    """The standing of every published network: first those on the front, last those outside of the space.

    Raises:
        ValueError: as ``front_info``.
    """
    info = front_info(trials, spec)
    tried = {trial.architecture.id: trial for trial in trials if trial.architecture and trial.state != "waiting"}
    networks = [
        network for name, network in published().items() if published_name(network.architecture) == name
    ]  # each once
    found = [_status(network, info, tried, spec) for network in networks]
    if refined is not None:
        again = {network.id: network for network in refined.networks}
        found = [replace(status, refined=again.get(status.id)) for status in found]
    return tuple(sorted(found, key=lambda status: get_args(Standing).index(status.standing)))


def _status(network: Published, info: FrontInfo, tried: Mapping[str, Trial], spec: StudySpec) -> PublishedStatus:
    key = network.architecture.id
    point = next((candidate for candidate in info.points if candidate.id == key), None)
    if point in info.members:
        return PublishedStatus(network.name, key, "front", point)
    if point is not None:
        return _dominated(network.name, point, info)
    if key in tried:
        trial = tried[key]
        return PublishedStatus(network.name, key, "unscored", reason=trial.reason or trial.state)
    return PublishedStatus(network.name, key, "untried" if network.architecture in spec.space else "outside")


def _dominated(name: str, point: FrontPoint, info: FrontInfo) -> PublishedStatus:
    names = tuple(objective.name for objective in info.objectives)
    directions = [objective.direction for objective in info.objectives]
    values = point.score.values(names)
    better = [member for member in info.members if dominates(member.score.values(names), values, directions)]
    best = max(better, key=lambda member: member.scores["accuracy"].value)
    gains = {objective.name: _gain(objective.direction, best, point, objective.name) for objective in info.objectives}
    return PublishedStatus(name, point.id, "dominated", point, best, gains)


def _gain(direction: str, better: FrontPoint, worse: FrontPoint, name: str) -> float:
    difference = better.scores[name].value - worse.scores[name].value
    return difference if direction == "maximize" else -difference
