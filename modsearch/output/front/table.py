"""The front as a table and as JSON."""

import json
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from modsearch.analysis import FrontInfo, FrontPoint, PublishedStatus, RealisedSpeedup
from modsearch.output.front.series import footnotes, subtitle, uncertainty, warning
from modsearch.output.network import common_beginning
from modsearch.output.quantity import (
    measured_json,
    show_change,
    show_interval,
    show_measurement,
    show_probability,
    show_value,
)
from modsearch.output.selection.selectivity import STATIC_MARK, STATIC_NOTE, selectivity_json
from modsearch.output.speedup.words import MARKS, SPEEDUP_NOTE, speedup_json
from modsearch.record import Measurement, Speedup

_RECOVERED = (
    "P(front): nothing dominates it, by several trainings. P(within): nor would anything, were it\n"
    "0.3 points and 2 % of its cost better; from 0.5 on it is recovered."
)
_STANDINGS = {
    "front": "on the front",
    "dominated": "dominated",
    "unscored": "no score",
    "untried": "not tried",
    "outside": "not in the space",
}


def front_table(info: FrontInfo) -> Table:
    """The front, one network a row: intervals stand below values, blocks below placements and published names."""
    names = [objective.name for objective in info.objectives]
    names += [name for name in _gmacs(info) if name not in names]
    places = list(dict.fromkeys(found.place for member in info.members for found in info.speedups_of(member)))
    static = STATIC_NOTE if any(member.score.hardly_selects for member in info.members) else ""
    notes = (subtitle(info), SPEEDUP_NOTE if places else "", static, uncertainty(info), warning(info))
    caption = "\n".join(filter(None, notes))
    table = Table(title=info.study, caption=caption, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("id", no_wrap=True)
    for name in names:
        about, *place = name.split("@")
        heading = "\n".join((*about.split("_"), *(f"@{deployment}" for deployment in place)))
        table.add_column(heading, justify="right", no_wrap=True)
    if places:
        table.add_column(_speedup_heading(places), justify="right", no_wrap=True)
    if info.membership:
        table.add_column("P\n(front)", justify="right", no_wrap=True)
    table.add_column("network", overflow="fold", min_width=13)
    same = common_beginning(point.architecture for point in info.points)
    for point in info.members:
        cells = [_cell(point.scores[name]) if name in point.scores else "" for name in names]
        cells += [_speedup_cell(info.speedups_of(point), places)] if places else []
        cells += [show_probability(info.membership.get(point.id))] if info.membership else []
        placement = f"{STATIC_MARK} {point.placement}" if point.score.hardly_selects else point.placement
        lines = (placement, point.published, escape(point.description.removeprefix(same)))
        table.add_row(point.id, *cells, "\n".join(filter(None, lines)))
    return table


def front_json(info: FrontInfo) -> dict[str, Any]:
    """The front as JSON values: ``networks`` has one object a member, and ``notes`` what stands below the figures.

    Values are in the units that they name, accuracy is a fraction. ``membership`` is the probability that a network
    belongs there, null where it was not trained several times. ``hypervolume_reference`` is the point down to which
    hypervolume is taken; ``first_design`` after how many trained networks that is fixed, 0 where it is.
    """
    return {
        "study": info.study,
        "hypervolume": info.hypervolume,
        "hypervolume_reference": dict(
            zip((objective.name for objective in info.objectives), info.hypervolume_reference, strict=True)
        ),
        "first_design": info.first_design,
        "notes": [*filter(None, (warning(info), *footnotes(info)))],
        "networks": _members(info),
    }


def _members(info: FrontInfo) -> list[dict[str, Any]]:
    return [
        {
            "id": member.id,
            "architecture": json.loads(member.architecture.to_json()),
            "description": member.description,
            "published": member.published,
            "placement": member.placement,
            "scores": {name: measured_json(measured) for name, measured in member.scores.items()},
            **selectivity_json(member.score),
            "speedups": {found.place: _speedup_json(found) for found in info.speedups_of(member)},
            "uncertain": list(info.uncertain.get(member.id, ())),
            "membership": info.membership.get(member.id),
        }
        for member in info.members
    ]


def published_table(statuses: Sequence[PublishedStatus]) -> Table:
    """Where the published networks stand; those outside of the space are counted below the table.

    Where they were trained anew, how likely it is that nothing dominates them, and that they are recovered.
    """
    num_outside = sum(status.standing == "outside" and status.refined is None for status in statuses)
    is_refined = any(status.refined for status in statuses)
    notes = [f"{num_outside} more are not in the space."] if num_outside else []
    notes += [_RECOVERED] if is_refined else []
    caption = "\n".join(notes) or None
    table = Table(title="Published networks", caption=caption, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("name", no_wrap=True)
    for name in ("standing", "accuracy", "by", "what that one gains"):
        table.add_column(name)
    if is_refined:
        table.add_column("P(front)\nP(within)", justify="right", no_wrap=True)
    for status in statuses:
        if status.standing != "outside" or status.refined:
            table.add_row(status.name, *_standing(status), *([_probabilities(status)] if is_refined else []))
    return table


def _standing(status: PublishedStatus) -> tuple[str, str, str, str]:
    standing = _STANDINGS[status.standing] + (f": {escape(status.reason)}" if status.reason else "")
    accuracy = show_measurement(status.point.scores["accuracy"]) if status.point else ""
    better = status.dominated_by
    if better is None:
        return standing, accuracy, "", ""
    gains = [_gain(name, gain, better) for name, gain in (status.gains or {}).items()]
    return standing, accuracy, better.id, ", ".join(gains)


def _probabilities(status: PublishedStatus) -> str:
    found = status.refined
    if found is None or found.membership is None:
        return ""
    return f"{show_probability(found.membership)}\n{show_probability(found.near_membership)}"


def _gain(name: str, gain: float, better: FrontPoint) -> str:
    """A gain in accuracy is an increase, one in a cost a decrease."""
    change = gain if name == "accuracy" else -gain
    return f"{name} {show_change(change, better.scores[name].unit)}"


def _gmacs(info: FrontInfo) -> list[str]:
    """The first deployment's GMACs, where they were scored: the cost that papers print."""
    scored = info.members[0].scores if info.members else {}
    return [name for name in scored if name.partition("@")[0] == "gmacs"][:1]


def _cell(measured: Measurement) -> str:
    value = show_value(measured.value, measured.unit).removesuffix(" GMACs")
    return value if measured.low == measured.high else f"{value}\n{show_interval(measured)}"


def _speedup_heading(places: Sequence[str]) -> str:
    """With several deployments a line for each, as in the cells."""
    names = [f"@{place}" for place in places] if len(places) > 1 else []
    return "\n".join(("MACs saved", "speed-up", *names))


def _speedup_cell(found: Sequence[RealisedSpeedup], places: Sequence[str]) -> str:
    """The share of the MACs, then a line for each deployment: measured of ideal, marked where time may not be saved."""
    if not found:
        return ""
    saved = dict.fromkeys(show_value(realised.speedup.gmacs_saved, "fraction") for realised in found)
    there = {realised.place: _realised(realised.speedup) for realised in found}
    return "\n".join((", ".join(saved), *(there.get(place, "-") for place in places)))


def _realised(speedup: Speedup) -> str:
    measured = "-" if speedup.measured is None else f"{speedup.measured.value:.2f}"
    mark = MARKS.get(speedup.outcome)
    return f"{mark + ' ' if mark else ''}{measured} of {speedup.ideal:.2f}x"


def _speedup_json(found: RealisedSpeedup) -> dict[str, Any]:
    return speedup_json(found.speedup) | {"deleted": speedup_json(found.deleted) if found.deleted else None}
