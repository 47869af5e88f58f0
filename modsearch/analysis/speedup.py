"""What of the MACs that light blocks save becomes time, and what deleting the blocks saves."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, isfinite
from statistics import median

from modsearch.analysis.point import FrontPoint
from modsearch.record import SPEEDUP_UNIT, Measurement, Speedup
from modsearch.space import StudySpec, deployed_name


@dataclass(frozen=True)
class RealisedSpeedup:
    """A network with light blocks at one deployment, against its plain form.

    Attributes:
        point: the network.
        place: the deployment's name.
        speedup: what the network saves.
        deleted: what the same network saves with its light blocks deleted; None where that was not scored.
    """

    point: FrontPoint
    place: str
    speedup: Speedup
    deleted: Speedup | None


@dataclass(frozen=True)
class SpeedupTally:
    """The network with light blockss that were timed at a deployment beside their plain forms.

    Attributes:
        place: the deployment's name.
        total: networks.
        lost: how many save MACs and no time.
        undecided: how many of the others may or may not save time: their intervals contain 1.
        gmacs_saved: share of the MACs, median.
        ideal: the speed-up if time went with MACs, median.
        measured: the speed-up, median.
        num_deleted: how many of their deleted forms were scored.
        deleted: the speed-up of those, median; None where there is none.
    """

    place: str
    total: int
    lost: int
    undecided: int
    gmacs_saved: float
    ideal: float
    measured: float
    num_deleted: int
    deleted: float | None


def realised_speedups(points: Sequence[FrontPoint], spec: StudySpec) -> tuple[RealisedSpeedup, ...]:
    """One for each deployment and each network that has one there, in the order of both."""
    by_id = {point.id: point for point in points}
    return tuple(
        RealisedSpeedup(point, place, speedup, _deleted(point, by_id.get(point.deleted_form or ""), place, spec))
        for place in spec.deployments
        for point in points
        if (speedup := point.score.speedups.get(place)) is not None
    )


def speedup_tallies(speedups: Sequence[RealisedSpeedup]) -> tuple[SpeedupTally, ...]:
    """One for each deployment at which a network was timed beside its plain form."""
    places = dict.fromkeys(realised.place for realised in speedups if realised.speedup.measured)
    return tuple(
        _tally(place, [realised for realised in speedups if realised.place == place and realised.speedup.measured])
        for place in places
    )


def _tally(place: str, timed: Sequence[RealisedSpeedup]) -> SpeedupTally:
    speedups = [realised.speedup for realised in timed]
    outcomes = Counter(speedup.outcome for speedup in speedups)
    deleted = [realised.deleted.measured.value for realised in timed if realised.deleted and realised.deleted.measured]
    return SpeedupTally(
        place=place,
        total=len(timed),
        lost=outcomes["lost"],
        undecided=outcomes["undecided"],
        gmacs_saved=median(speedup.gmacs_saved for speedup in speedups),
        ideal=median(speedup.ideal for speedup in speedups),
        measured=median(speedup.measured.value for speedup in speedups if speedup.measured),
        num_deleted=len(deleted),
        deleted=median(deleted) if deleted else None,
    )


def _deleted(point: FrontPoint, deleted: FrontPoint | None, place: str, spec: StudySpec) -> Speedup | None:
    name = deployed_name("gmacs", place, spec.deployments)
    if deleted is None or name not in deleted.scores:
        return None
    speedup = point.score.speedups[place]
    latency = deployed_name("relative_latency", place, spec.deployments)
    measured = _by_reference(speedup, point.scores, deleted.scores, latency)
    return Speedup(gmacs=deleted.scores[name].value, plain_gmacs=speedup.plain_gmacs, measured=measured)


def _by_reference(
    speedup: Speedup, mod: Mapping[str, Measurement], deleted: Mapping[str, Measurement], latency: str
) -> Measurement | None:
    """Plain form / deleted form, by way of the reference network: the two were not timed in the same rounds.

    The three intervals are combined as if they were independent, which is wide: the first two share a network's noise.
    None where not all were measured in one environment.
    """
    if speedup.measured is None or latency not in mod or latency not in deleted:
        return None
    parts = (speedup.measured, mod[latency], deleted[latency])
    if len({measurement.environment for measurement in parts}) > 1:
        return None
    one, other, divisor = parts
    value = one.value * other.value / divisor.value
    low = value * (1 - hypot(_below(one), _below(other), _above(divisor)))
    high = value * (1 + hypot(_above(one), _above(other), _below(divisor)))
    if not (isfinite(low) and isfinite(high)):  # a storage may say anything
        return None
    return Measurement(
        value=value,
        low=low,
        high=high,
        num_samples=min(measurement.num_samples for measurement in parts),
        unit=SPEEDUP_UNIT,
        environment=one.environment,
    )


def _below(measured: Measurement) -> float:
    """How far the interval reaches below the value, as a fraction of it."""
    return 1 - measured.low / measured.value


def _above(measured: Measurement) -> float:
    return measured.high / measured.value - 1
