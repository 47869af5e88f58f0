"""What of the MACs that MoD blocks save becomes time, and what deleting the blocks saves."""

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
    """A MoD network at one deployment, against its plain form.

    Attributes:
        point: the network.
        place: the deployment's name.
        speedup: what the network saves.
        deleted: what the same network saves with its MoD blocks deleted; None where that was not scored.
    """

    point: FrontPoint
    place: str
    speedup: Speedup
    deleted: Speedup | None


def realised_speedups(points: Sequence[FrontPoint], spec: StudySpec) -> tuple[RealisedSpeedup, ...]:
    """One for each deployment and each network that has one there, in the order of both."""
    by_id = {each.id: each for each in points}
    return tuple(
        RealisedSpeedup(point, place, speedup, _deleted(point, by_id.get(point.deleted_form or ""), place, spec))
        for place in spec.deployments
        for point in points
        if (speedup := point.score.speedups.get(place)) is not None
    )


def speedup_summary(speedups: Sequence[RealisedSpeedup]) -> str:
    """A sentence or two for each deployment; empty where nothing was timed."""
    places = dict.fromkeys(each.place for each in speedups)
    timed = [[each for each in speedups if each.place == place and each.speedup.measured] for place in places]
    return " ".join(_sentences(each) for each in timed if each)


def _sentences(timed: Sequence[RealisedSpeedup]) -> str:
    speedups = [each.speedup for each in timed]
    outcomes = Counter(each.outcome for each in speedups)
    saved, ideal = median(each.gmacs_saved for each in speedups), median(each.ideal for each in speedups)
    text = (
        f"Deployment {timed[0].place}: {outcomes['lost']} of {len(timed)} MoD networks save MACs and no time against "
        f"the same networks with standard blocks, and {outcomes['undecided']} are undecided (the interval holds 1); "
        f"in the median they save {100 * saved:.0f} % of the MACs, and are "
        f"{_median_measured(speedups):.2f} times as fast where {ideal:.2f} times would be ideal."
    )
    both = [(each.speedup, each.deleted) for each in timed if each.deleted and each.deleted.measured]
    if not both:
        return text
    kept, deleted = (_median_measured(each) for each in zip(*both, strict=True))
    return f"{text} With the blocks deleted, {len(both)} of them are {deleted:.2f} times as fast instead of {kept:.2f}."


def _median_measured(speedups: Sequence[Speedup]) -> float:
    return median(each.measured.value for each in speedups if each.measured)


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
    if len({each.environment for each in parts}) > 1:
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
        num_samples=min(each.num_samples for each in parts),
        unit=SPEEDUP_UNIT,
        environment=one.environment,
    )


def _below(measured: Measurement) -> float:
    """How far the interval reaches below the value, as a fraction of it."""
    return 1 - measured.low / measured.value


def _above(measured: Measurement) -> float:
    return measured.high / measured.value - 1
