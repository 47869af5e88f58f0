"""Retiming: the front of a study as it is at another deployment, and what changes there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from modsearch.analysis.front import FrontInfo, front_info
from modsearch.analysis.point import FrontPoint, Objective, scored_points
from modsearch.architecture import Architecture
from modsearch.record import (
    Environment,
    Measurement,
    Remeasurement,
    Trial,
    measured_name,
    measured_part,
    remeasured,
    violations,
)
from modsearch.space import Deployment, StudySpec, deployed_name, metric

Change = Literal["stays", "enters", "leaves", "not timed"]
"""On both fronts; on that of the later deployment alone; on that of the study alone; there, and not timed later."""


@dataclass(frozen=True)
class Retimed:
    """A network that is on one of the two fronts.

    Attributes:
        point: its scores, of the study's deployments and, where it was timed, of the later one.
        before: latency / reference latency at the study's deployment; None where it was only predicted.
        now: the same at the later deployment; None where it was not timed there.
        change: see ``Change``.
    """

    point: FrontPoint
    before: Measurement | None
    now: Measurement | None
    change: Change


@dataclass(frozen=True)
class Retiming:
    """What another deployment makes of a study's front.

    Attributes:
        study: the study's name.
        place: the name of the later deployment.
        deployment: the later deployment.
        base: the study's deployment that it takes the place of.
        objectives: of the later front.
        rows: the networks of both fronts, from low to high latency at the later deployment.
        num_scored: networks that the study scored and that keep its constraints.
        num_timed: how many of them were timed at the later deployment.
        environment: where.
        self_check: latency of the reference network timed in turn with itself, which should be 1; None without.
    """

    study: str
    place: str
    deployment: Deployment
    base: str
    objectives: tuple[Objective, ...]
    rows: tuple[Retimed, ...]
    num_scored: int
    num_timed: int
    environment: Environment | None
    self_check: Measurement | None

    def ids(self, change: Change) -> tuple[str, ...]:
        """The networks of one sort."""
        return tuple(row.point.id for row in self.rows if row.change == change)

    def summary(self) -> str:
        """What happened to the front, in plain words."""
        stay, enter, leave, untimed = (len(self.ids(change)) for change in get_args(Change))
        left_out = self.num_scored - self.num_timed
        front = stay + leave + untimed
        sentences = [
            f"With {self.deployment.describe()}, {stay} of the {front} network{'s' * (front != 1)} on the front "
            f"stay{'s' * (stay == 1)}, {leave} leave{'s' * (leave == 1)} and {enter} enter{'s' * (enter == 1)}.",
            f"{left_out} scored network{'s were' if left_out != 1 else ' was'} not timed there." if left_out else "",
            "" if self._is_at_stake else f"No objective of the study depends on its deployment {self.base}.",
        ]
        return " ".join(filter(None, sentences))

    @property
    def _is_at_stake(self) -> bool:
        return any(objective.name.endswith(f"@{self.place}") for objective in self.objectives)


def part_at(
    trials: Sequence[Trial], remeasurements: Sequence[Remeasurement], spec: StudySpec
) -> tuple[list[Trial], StudySpec]:
    """The trials and the spec of a study as if it had a later deployment in place of one of its own.

    Objectives of that one become those of the later one; its metrics stay, under ``METRIC@DEPLOYMENT``, and so do the
    constraints, which belong to it. Networks that were not timed at the later deployment are left out.

    Args:
        trials: of one study.
        remeasurements: of one place.
        spec: of the same study.
    """
    first = remeasurements[0]
    base, place = _base(first, spec), first.place
    objectives = tuple(_objective(name, base, place, spec) for name in spec.objectives)
    constraints = tuple(
        constraint.model_copy(update={"metric": _full_name(constraint.metric, spec)}) for constraint in spec.constraints
    )
    deployments = {**spec.deployments, place: first.deployment}
    update = {"deployments": deployments, "objectives": objectives, "constraints": constraints}
    found = {remeasurement.architecture_id: remeasurement.score.metrics for remeasurement in remeasurements}
    moved = []
    for trial in trials:
        if trial.score and trial.architecture and trial.architecture.id in found:
            now = found[trial.architecture.id]
            metrics = {_full_name(name, spec): measurement for name, measurement in trial.score.metrics.items()}
            metrics |= {f"{name}@{place}": measurement for name, measurement in now.items() if metric(name).is_deployed}
            score = trial.score.model_copy(update={"metrics": metrics})
            moved.append(trial.model_copy(update={"score": score}))
    return moved, spec.model_copy(update=update)


def retiming(
    trials: Sequence[Trial], own: Sequence[Remeasurement], remeasurements: Sequence[Remeasurement], spec: StudySpec
) -> Retiming:
    """Hold the front of a study against its front at a later deployment.

    Args:
        trials: of one study.
        own: what was measured later at the study's own deployments.
        remeasurements: what was measured at the later deployment; not empty.
        spec: of the same study.

    Raises:
        ValueError: as ``front_info``.
    """
    before, now = (
        front_info(*measured_part(trials, own, spec)),
        front_info(*part_at(remeasured(trials, own, spec), remeasurements, spec)),
    )
    first = remeasurements[0]
    timed = {
        remeasurement.architecture_id: remeasurement.score.metrics["relative_latency"]
        for remeasurement in remeasurements
    }
    scored = [point for point in scored_points(trials) if not violations(point.architecture, point.score, spec)]
    return Retiming(
        study=spec.name,
        place=first.place,
        deployment=first.deployment,
        base=_base(first, spec),
        objectives=now.objectives,
        rows=_rows(before, now, timed, deployed_name("relative_latency", _base(first, spec), spec.deployments)),
        num_scored=len(scored),
        num_timed=sum(point.id in timed for point in scored),
        environment=first.score.metrics["relative_latency"].environment,
        self_check=timed.get(spec.reference_architecture.id),
    )


def _rows(before: FrontInfo, now: FrontInfo, timed: Mapping[str, Measurement], name: str) -> tuple[Retimed, ...]:
    """The networks of both fronts; ``name`` is the latency's at the study's deployment."""
    was = {network.id: network.scores.get(name) for network in before.points}
    old, new = {member.id for member in before.members}, {member.id for member in now.members}
    rows = []
    for point in {member.id: member for member in (*before.members, *now.members)}.values():
        change: Change = "leaves"
        if point.id in new:
            change = "stays" if point.id in old else "enters"
        elif point.id not in timed:
            change = "not timed"
        rows.append(Retimed(point, was.get(point.id), timed.get(point.id), change))
    return tuple(sorted(rows, key=lambda row: (row.now is None, row.now.value if row.now else 0.0, row.point.id)))


def by_front(trials: Sequence[Trial], own: Sequence[Remeasurement], spec: StudySpec) -> tuple[list[Architecture], int]:
    """The networks that a study scored, those on its front first, and how many these are.

    Raises:
        ValueError: as ``front_info``.
    """
    members = front_info(*measured_part(trials, own, spec)).members
    networks = {point.id: point.architecture for point in (*members, *scored_points(trials))}
    return list(networks.values()), len(members)


def _base(remeasurement: Remeasurement, spec: StudySpec) -> str:
    return remeasurement.base or next(iter(spec.deployments))


def _full_name(name: str, spec: StudySpec) -> str:
    """``METRIC@DEPLOYMENT`` also in a study of one deployment."""
    return f"{name}@{next(iter(spec.deployments))}" if metric(name).is_deployed and "@" not in name else name


def _objective(name: str, base: str, place: str, spec: StudySpec) -> str:
    full = _full_name(name, spec)
    plain, _, where = full.partition("@")
    return f"{measured_name(plain)}@{place}" if where == base else full
