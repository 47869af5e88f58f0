"""The words and the kinds of points in the figure of a front: whatever draws it reads this."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from modsearch.analysis import FrontInfo, FrontPoint, Objective
from modsearch.output.draw.style import FAINT, INK, MOD, PLAIN
from modsearch.output.network import label_rank
from modsearch.output.quantity import show_value
from modsearch.record import Environment, Outcome

_MAX_IDS = 8
_LEAST_OPACITY = 0.2
RINGS: Mapping[Outcome, str] = {"lost": "Saves MACs, no time", "undecided": "Saves MACs, time undecided"}
"""In the legend: networks that are not, or not surely, faster than the same networks with standard blocks."""

SAME_IMAGES = "The same images choose and report: members look better than they are."
"""What every reader of a front must know."""


@dataclass(frozen=True)
class Series:
    """Points that look alike.

    Attributes:
        name: in the legend.
        points: the networks.
        label: what the light blocks of the networks are called; empty for plain ones.
        is_front: filled and coloured for members of the front, open and grey for others.
    """

    name: str
    points: tuple[FrontPoint, ...]
    label: str
    is_front: bool

    @property
    def colour(self) -> str:
        """Of markers and error bars."""
        if not self.is_front:
            return FAINT
        return MOD if self.label == "MoD" else PLAIN if self.is_plain else INK

    @property
    def is_plain(self) -> bool:
        """Whether the networks have standard blocks only."""
        return not self.label

    @property
    def shape(self) -> Literal["circle", "square", "diamond"]:
        """Of the markers: circles for MoD networks, diamonds for plain ones, squares for others."""
        return "circle" if self.label == "MoD" else "diamond" if self.is_plain else "square"


def series(info: FrontInfo) -> tuple[Series, ...]:
    """The kinds of points that the study has, in the order of the legend: the most important first."""
    found = []
    for points, is_front, place in ((info.members, True, "on the front"), (info.others, False, "dominated")):
        for label in sorted({point.architecture.light_label for point in points}, key=label_rank):
            chosen = tuple(point for point in points if point.architecture.light_label == label)
            found.append(Series(f"{label or 'Plain'}, {place}", chosen, label, is_front))
    return tuple(found)


def opacity(info: FrontInfo, point: FrontPoint) -> float:
    """Of a member's marker: full where it surely belongs there or nobody asked, a fifth where it surely does not."""
    return _LEAST_OPACITY + (1 - _LEAST_OPACITY) * info.membership.get(point.id, 1.0)


def reference_point(info: FrontInfo) -> FrontPoint | None:
    """The reference network, if the study scored it."""
    return next((point for point in info.points if point.id == info.reference_id), None)


def point_name(point: FrontPoint, info: FrontInfo) -> str:
    """What is written beside a point: its published name, or nothing."""
    name = point.published or ""
    return f"{name} (reference)" if point.id == info.reference_id else name


def ringed_points(info: FrontInfo, outcome: Outcome, cost: Objective) -> tuple[FrontPoint, ...]:
    """The networks with this outcome at the deployment of a cost, or at any where the cost belongs to none."""
    return info.points_with(outcome, cost.name.partition("@")[2])


def rings(info: FrontInfo) -> tuple[Outcome, ...]:
    """The outcomes that are ringed: any that a network has, as all panels share the legend."""
    found = {realised.speedup.outcome for realised in info.speedups}
    return tuple(outcome for outcome in RINGS if outcome in found)


def title(info: FrontInfo) -> str:
    """The headline."""
    return f"{info.study}: accuracy against {_listed([cost.name for cost in info.costs])}"


def subtitle(info: FrontInfo) -> str:
    """The line below the headline."""
    num_mod = sum(point.num_mod_blocks > 0 for point in info.members)
    return f"{len(info.members)} of {len(info.points)} scored networks on the front, {num_mod} of them with MoD blocks"


def warning(info: FrontInfo) -> str:
    """What a reader must know before believing the figure; empty for a full study."""
    if not info.is_smoke_test:
        return ""
    return "Smoke test: the trained proxies had another width than these networks, so accuracies do not rank them"


def uncertainty(info: FrontInfo) -> str:
    """Which networks the front rests on without knowing their latencies well enough; empty where it knows them."""
    ids, num = list(info.uncertain), len(info.uncertain)
    if not ids:
        return ""
    names = ", ".join(ids[:_MAX_IDS]) + (f" and {num - _MAX_IDS} more" if num > _MAX_IDS else "")
    return f"Uncertain: the front rests on {num} network{'s' * (num > 1)} timed less precisely than asked for ({names})"


def membership_line(info: FrontInfo) -> str:
    """What pale members are, where networks were trained several times; else empty."""
    if not info.membership:
        return ""
    return "P(front): how likely it is, by several trainings, that nothing dominates a network; figures draw it paler."


def int8_line(info: FrontInfo) -> str:
    """Where latencies are those of another number format than accuracies; empty where they are not."""
    places = [name for name, deployment in info.deployments.items() if deployment.dtype == "int8"]
    if not places:
        return ""
    return f"Latency at {' and '.join(places)} is that of INT8, accuracy that of float32."


def footnotes(info: FrontInfo) -> tuple[str, ...]:
    """The lines below the figure."""
    corner = zip(info.objectives, info.hypervolume_reference, strict=True)
    bounds = ", ".join(f"{_words(objective.name)} {show_value(value, objective.unit)}" for objective, value in corner)
    waits = f" (provisional: fixed after {info.first_design} trained networks)" if info.first_design else ""
    return (
        f"Bars: 95 % intervals. Reference network: {info.reference_name}.",
        SAME_IMAGES,
        f"Hypervolume {info.hypervolume:.4g}, down to {bounds}{waits}.",
        *_conditions(info),
        *filter(None, (membership_line(info), int8_line(info), uncertainty(info))),
    )


def front_words(info: FrontInfo) -> dict[str, str | list[str]]:
    """All words around a figure: headline, the line below it, a warning or nothing, and the lines below the figure."""
    return {
        "title": title(info),
        "subtitle": subtitle(info),
        "warning": warning(info),
        "notes": list(footnotes(info)),
    }


def _conditions(info: FrontInfo) -> Iterator[str]:
    """What was timed, and where: costs of one environment share a line."""
    costs: dict[Environment, list[str]] = {}
    for cost in info.costs:
        for environment in info.environments[cost.name][:1]:
            costs.setdefault(environment, []).append(cost.name)
    if costs:
        yield from (f"{place}: {deployment.describe()}." for place, deployment in info.deployments.items())
    for environment, names in costs.items():
        text = _listed(names)
        yield f"{text[0].upper()}{text[1:]} measured on {environment.describe()}."


def _listed(names: Sequence[str]) -> str:
    """Such as ``relative latency on one and many and params``: a metric is named once."""
    places: dict[str, list[str]] = {}
    for name in names:
        about, _, place = name.partition("@")
        places.setdefault(about, []).append(place)
    return " and ".join(_words(f"{about}@{' and '.join(metric_places)}") for about, metric_places in places.items())


def _words(name: str) -> str:
    """Such as ``relative latency on cpu`` for ``relative_latency@cpu``."""
    about, _, place = name.partition("@")
    return about.replace("_", " ") + (f" on {place}" if place else "")
