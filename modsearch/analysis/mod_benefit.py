"""What a study says about MoD blocks: MoD networks against plain ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from modsearch.analysis.difference import Difference, accuracy_difference
from modsearch.analysis.front import FrontInfo
from modsearch.analysis.plain_curve import PlainCurve, plain_curve
from modsearch.analysis.point import FrontPoint, Objective


@dataclass(frozen=True)
class Contrast:
    """A MoD network against a plain one.

    Attributes:
        plain: the plain network.
        gain: accuracy of the MoD network minus that of the plain one: measured, or expected of it.
        cost_ratio: first cost of the MoD network / that of the plain one.
    """

    plain: FrontPoint
    gain: Difference
    cost_ratio: float


@dataclass(frozen=True)
class ModNetwork:
    """A MoD network and its controls.

    Attributes:
        point: the network.
        is_on_front: no scored network dominates it.
        against_best_plain: against the plain network of which the most accuracy is expected among those that cost at
            most as much, by their measured values; None where none does.
        against_deleted: against its own form without MoD blocks; None where that was not scored.
    """

    point: FrontPoint
    is_on_front: bool
    against_best_plain: Contrast | None
    against_deleted: Contrast | None


@dataclass(frozen=True)
class Tally:
    """How many comparisons are gains or losses beyond the noise of the validation images, or neither.

    ``cost_ratio`` is the median over the comparisons; 1 where there is none.
    """

    gains: int
    losses: int
    within_noise: int
    cost_ratio: float

    @property
    def total(self) -> int:
        """Number of comparisons."""
        return self.gains + self.losses + self.within_noise


@dataclass(frozen=True)
class ModBenefit:
    """What the study says about MoD blocks.

    Attributes:
        cost: the first cost objective, by which networks are called equally expensive.
        networks: every MoD network, from low to high cost.
        curve: what is expected of the plain networks; None where there is none.
        hypervolume: of all networks, down to the reference point of the FrontInfo.
        hypervolume_plain: of the plain networks alone.
        hypervolume_mod: of the MoD networks alone.
    """

    cost: Objective
    networks: tuple[ModNetwork, ...]
    curve: PlainCurve | None
    hypervolume: float
    hypervolume_plain: float
    hypervolume_mod: float

    @property
    def best_plain_tally(self) -> Tally:
        """MoD networks against the best plain network of at most equal cost."""
        return _tally([network.against_best_plain for network in self.networks])

    @property
    def deleted_tally(self) -> Tally:
        """MoD networks against their deleted forms."""
        return _tally([network.against_deleted for network in self.networks])


def mod_benefit(info: FrontInfo) -> ModBenefit:
    """Hold every MoD network of a study against the plain networks."""
    cost = info.costs[0]
    points = sorted(info.points, key=lambda point: (point.scores[cost.name].value, point.id))
    plain = [point for point in points if point.is_plain]
    mod = [point for point in points if point.num_mod_blocks > 0]
    members = {member.id for member in info.members}
    curve = plain_curve(plain) if plain else None
    return ModBenefit(
        cost=cost,
        networks=tuple(_network(point, point.id in members, curve, cost) for point in mod),
        curve=curve,
        hypervolume=info.hypervolume,
        hypervolume_plain=info.hypervolume_of(plain),
        hypervolume_mod=info.hypervolume_of(mod),
    )


def _network(point: FrontPoint, is_on_front: bool, curve: PlainCurve | None, cost: Objective) -> ModNetwork:
    if curve is None:
        return ModNetwork(point, is_on_front, None, None)
    budget = point.scores[cost.name].value
    affordable = [index for index, plain in enumerate(curve.points) if plain.scores[cost.name].value <= budget]
    best = max(affordable, key=lambda index: float(curve.expected[index]), default=None)
    against_best = None if best is None else _compare(point, curve.points[best], curve.gain(point, best), cost)
    deleted = next((plain for plain in curve.points if plain.id == point.deleted_form), None)
    gain = accuracy_difference(point.score, deleted.score) if deleted else None
    return ModNetwork(point, is_on_front, against_best, _compare(point, deleted, gain, cost))


def _compare(point: FrontPoint, plain: FrontPoint | None, gain: Difference | None, cost: Objective) -> Contrast | None:
    if plain is None or gain is None:
        return None
    return Contrast(plain, gain, point.scores[cost.name].value / plain.scores[cost.name].value)


def _tally(comparisons: Sequence[Contrast | None]) -> Tally:
    known = [comparison for comparison in comparisons if comparison is not None]
    gains = [comparison.gain for comparison in known]
    return Tally(
        gains=sum(gain.low > 0 for gain in gains),
        losses=sum(gain.high < 0 for gain in gains),
        within_noise=sum(gain.is_within_noise for gain in gains),
        cost_ratio=median(comparison.cost_ratio for comparison in known) if known else 1.0,
    )
