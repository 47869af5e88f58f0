"""The front of a study, with everything that a figure or a table of it shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from modsearch.analysis.point import FrontPoint, Objective, scored_points
from modsearch.analysis.speedup import RealisedSpeedup, realised_speedups
from modsearch.record import Environment, Outcome, Trial, uncertain, violations
from modsearch.space import Deployment, StudySpec, metric
from modsearch.statistic import hypervolume, pareto_front


@dataclass(frozen=True)
class FrontInfo:
    """The front of a study.

    The validation images by which its members were chosen also give their accuracies: members stand too high, and
    some of them are not on the front of true accuracies.

    Attributes:
        study: the study's name.
        objectives: what is traded, in the study's order.
        members: networks that no other dominates, from low to high first cost.
        others: networks that a member dominates, in the same order.
        hypervolume_reference: the point down to which hypervolume is taken, one value an objective.
        hypervolume: volume that the members dominate, in the product of the objectives' units.
        first_design: after how many trained networks the accuracy of that point is fixed; 0 where it is.
        is_smoke_test: the proxies had another width than the targets.
        reference_name: the published network that latencies are compared with.
        reference_id: its id.
        environments: objective name -> the environments in which it was measured; a latency has one at most.
        deployments: what is timed, by name.
        uncertain: id of a network that the front rests on -> the deployments at which its latency is known less well
            than was asked for, see ``record.uncertain``.
        speedups: what light blocks save of MACs and of time, for each deployment and each network that was timed so.
        membership: id of a network that was trained several times -> the probability that nothing dominates it.
    """

    study: str
    objectives: tuple[Objective, ...]
    members: tuple[FrontPoint, ...]
    others: tuple[FrontPoint, ...]
    hypervolume_reference: tuple[float, ...]
    hypervolume: float
    is_smoke_test: bool
    reference_name: str
    reference_id: str
    environments: Mapping[str, tuple[Environment, ...]]
    deployments: Mapping[str, Deployment]
    uncertain: Mapping[str, tuple[str, ...]]
    speedups: tuple[RealisedSpeedup, ...]
    first_design: int = 0
    membership: Mapping[str, float] = field(default_factory=dict)

    @property
    def points(self) -> tuple[FrontPoint, ...]:
        """All scored networks: the members, then the others."""
        return self.members + self.others

    @property
    def light_label(self) -> str:
        """What the light blocks of its networks are called: ``MoD`` unless there are others."""
        return " and ".join(sorted({point.architecture.light_label for point in self.points} - {""})) or "MoD"

    @property
    def accuracy(self) -> Objective:
        """The objective to be maximized; every study has it."""
        return next(objective for objective in self.objectives if objective.name == "accuracy")

    @property
    def costs(self) -> tuple[Objective, ...]:
        """The objectives to be minimized, in the study's order."""
        return tuple(objective for objective in self.objectives if objective.name != "accuracy")

    def hypervolume_of(self, points: Sequence[FrontPoint]) -> float:
        """The volume that these points dominate, down to the same reference point."""
        names = tuple(objective.name for objective in self.objectives)
        directions = [objective.direction for objective in self.objectives]
        return hypervolume([point.score.values(names) for point in points], directions, self.hypervolume_reference)

    def speedups_of(self, point: FrontPoint) -> tuple[RealisedSpeedup, ...]:
        """Those of one network, in the order of the study's deployments."""
        return tuple(realised for realised in self.speedups if realised.point.id == point.id)

    def points_with(self, outcome: Outcome, place: str = "") -> tuple[FrontPoint, ...]:
        """The networks whose saved MACs have this outcome at a deployment.

        Without one, ``lost`` means at any of them, and ``undecided`` at any of them and lost at none.
        """
        there = [realised for realised in self.speedups if place in ("", realised.place)]
        found = {realised.point.id: realised.point for realised in there if realised.speedup.outcome == outcome}
        lost = (
            {realised.point.id for realised in there if realised.speedup.outcome == "lost"}
            if outcome == "undecided"
            else set()
        )
        return tuple(point for point in found.values() if point.id not in lost)

    def front_against(self, cost: Objective) -> tuple[FrontPoint, ...]:
        """The members that are on the front of accuracy against this cost alone, from low to high cost."""
        values = [member.score.values((self.accuracy.name, cost.name)) for member in self.members]
        kept = [self.members[index] for index in pareto_front(values, (self.accuracy.direction, cost.direction))]
        return tuple(sorted(kept, key=lambda member: member.scores[cost.name].value))


def front_info(
    trials: Sequence[Trial],
    spec: StudySpec,
    hypervolume_reference: Sequence[float] | None = None,
    first_design: int = 0,
) -> FrontInfo:
    """The front over the study's objectives, each architecture once: its first complete trial that is no repeat.

    Networks that violate a constraint are left out: a bound may have been lowered after they were trained.

    Args:
        trials: of one study.
        spec: of the same study.
        hypervolume_reference: one value an objective. Without it, chance accuracy and the largest cost that was scored:
            then only hypervolumes over the same trials compare.
        first_design: after how many trained networks that is fixed; 0 where it is.

    Raises:
        ValueError: latencies to be compared come from several environments; the message names two.
    """
    scored = [point for point in scored_points(trials) if not violations(point.architecture, point.score, spec)]
    points = sorted(scored, key=lambda point: (point.scores[spec.cost].value, point.id))
    values = [point.score.values(spec.objectives) for point in points]
    kept = set(pareto_front(values, spec.directions))
    reference = tuple(hypervolume_reference or _default_reference(points, spec))
    assert len(reference) == len(spec.objectives), "one value an objective"
    return FrontInfo(
        study=spec.name,
        objectives=tuple(Objective.named(name) for name in spec.objectives),
        members=tuple(point for index, point in enumerate(points) if index in kept),
        others=tuple(point for index, point in enumerate(points) if index not in kept),
        hypervolume_reference=reference,
        hypervolume=hypervolume(values, spec.directions, reference),
        is_smoke_test=spec.fidelity.is_smoke_test,
        reference_name=spec.reference,
        reference_id=spec.reference_architecture.id,
        environments={name: _environments(name, points) for name in spec.objectives},
        deployments=spec.deployments,
        uncertain=_uncertain(trials, spec),
        speedups=realised_speedups(points, spec),
        first_design=first_design,
    )


def _uncertain(trials: Sequence[Trial], spec: StudySpec) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for network, place in uncertain(trials, spec):
        found[network.id] = (*found.get(network.id, ()), place)
    return found


def _default_reference(points: Sequence[FrontPoint], spec: StudySpec) -> tuple[float, ...]:
    chance = 1 / (spec.fidelity.classes or spec.num_classes)
    return tuple(
        chance if name == "accuracy" else max((point.scores[name].value for point in points), default=0.0)
        for name in spec.objectives
    )


def _environments(name: str, points: Sequence[FrontPoint]) -> tuple[Environment, ...]:
    """The environments of one objective; only a latency must have one at most."""
    first: dict[Environment, FrontPoint] = {}
    for point in points:
        environment = point.scores[name].environment
        if environment is not None:
            first.setdefault(environment, point)
    if metric(name).is_deployed and len(first) > 1:
        places = [f"trial {point.trial_number} on {where.describe()}" for where, point in list(first.items())[:2]]
        raise ValueError(f"{name} must be measured in one environment. Got {' and '.join(places)} instead.")
    return tuple(first)
