"""Choice: one network of a study, by what it is worth."""

from collections.abc import Callable
from math import log

from modsearch.analysis.front import FrontInfo
from modsearch.analysis.point import FrontPoint
from modsearch.architecture import Architecture
from modsearch.message import must_be, one_of

_ENDS = 2


def most_accurate(info: FrontInfo, is_wanted: Callable[[Architecture], bool] = lambda _: True) -> FrontPoint:
    """The scored network with the highest accuracy, of those that are wanted; of several the cheapest.

    Raises:
        ValueError: there is none.
    """
    if not info.points:
        raise ValueError(f"The front of {info.study} is empty: no network was scored yet.")
    wanted = [point for point in info.points if is_wanted(point.architecture)]
    if not wanted:
        raise ValueError(f"No scored network of {info.study} is of the kind that is asked for.")
    return max(wanted, key=lambda point: _worth(point, info))


def knee(info: FrontInfo) -> FrontPoint:
    """The member farthest above the chord between the ends of the front, over the logarithm of the first cost.

    Below it a network loses much accuracy for the cost that it saves, above it one gains little.

    Raises:
        ValueError: no member lies between the ends and above the chord.
    """
    cost = info.costs[0]
    members = info.front_against(cost)
    advice = "Choose with --id, or with --under METRIC=LIMIT."
    if len(members) <= _ENDS:
        raise ValueError(f"The front of {info.study} has no knee: only {len(members)} networks are on it. {advice}")
    if members[0].scores[cost.name].value == members[-1].scores[cost.name].value:
        raise ValueError(f"The front of {info.study} has no knee: its networks cost the same. {advice}")
    places = [(log(member.scores[cost.name].value), _accuracy(member)) for member in members]
    (left, low), (right, high) = places[0], places[-1]
    heights = [accuracy - low - (high - low) * (at - left) / (right - left) for at, accuracy in places]
    rank = max(range(1, len(members) - 1), key=heights.__getitem__)
    if heights[rank] <= 0:
        raise ValueError(f"The front of {info.study} has no knee: none lies above the line of its ends. {advice}")
    return members[rank]


def under(info: FrontInfo, metric: str, limit: float) -> FrontPoint:
    """The most accurate scored network whose whole interval of a metric lies below a limit; of several the cheapest.

    Raises:
        ValueError: there is no such metric, or no such network; the least value that there is is named.
    """
    known = sorted({name for point in info.points for name in point.scores} - {"accuracy"})
    if metric not in known:
        raise ValueError(must_be("--under", f"METRIC=LIMIT with {one_of(known)}", metric, known))
    ends = {point.id: point.scores[metric].high for point in info.points if metric in point.scores}
    found = [point for point in info.points if ends.get(point.id, limit) < limit]
    if not found:
        least = min(ends.values())
        raise ValueError(must_be("--under", f"above {least:.6g}, which the least {metric} reaches up to", limit))
    return max(found, key=lambda point: _worth(point, info))


def _worth(point: FrontPoint, info: FrontInfo) -> tuple[float, float]:
    return _accuracy(point), -point.scores[info.costs[0].name].value


def _accuracy(point: FrontPoint) -> float:
    return point.scores["accuracy"].value
