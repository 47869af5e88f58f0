"""The words and the kinds of points in the figure of a front: whatever draws it reads this."""

from dataclasses import dataclass

from modsearch.analysis import FrontInfo, FrontPoint
from modsearch.output.quantity import show_value
from modsearch.output.style import FAINT, MOD, PLAIN


@dataclass(frozen=True)
class Series:
    """Points that look alike.

    Attributes:
        name: in the legend.
        points: the networks.
        has_mod: circles for MoD networks, diamonds for plain ones.
        is_front: filled and coloured for members of the front, open and grey for others.
    """

    name: str
    points: tuple[FrontPoint, ...]
    has_mod: bool
    is_front: bool

    @property
    def colour(self) -> str:
        """Of markers and error bars."""
        if not self.is_front:
            return FAINT
        return MOD if self.has_mod else PLAIN


def series(info: FrontInfo) -> tuple[Series, ...]:
    """The kinds of points that the study has, in the order of the legend: the most important first."""
    found = []
    for points, is_front, place in ((info.members, True, "on the front"), (info.others, False, "dominated")):
        for has_mod, kind in ((True, "MoD"), (False, "Plain")):
            chosen = tuple(each for each in points if (each.num_mod_blocks > 0) == has_mod)
            found.append(Series(f"{kind}, {place}", chosen, has_mod, is_front))
    return tuple(each for each in found if each.points)


def reference_point(info: FrontInfo) -> FrontPoint | None:
    """The reference network, if the study scored it."""
    return next((each for each in info.points if each.id == info.reference_id), None)


def point_name(point: FrontPoint, info: FrontInfo) -> str:
    """What is written beside a point: its published name, or nothing."""
    name = point.published or ""
    return f"{name} (reference)" if point.id == info.reference_id else name


def title(info: FrontInfo) -> str:
    """The headline."""
    return f"{info.study}: accuracy against {' and '.join(each.name.replace('_', ' ') for each in info.costs)}"


def subtitle(info: FrontInfo) -> str:
    """The line below the headline."""
    num_mod = sum(each.num_mod_blocks > 0 for each in info.members)
    return f"{len(info.members)} of {len(info.points)} scored networks on the front, {num_mod} of them with MoD blocks"


def warning(info: FrontInfo) -> str:
    """What a reader must know before believing the figure; empty for a full study."""
    if not info.is_smoke_test:
        return ""
    return "Smoke test: the trained proxies had another width than these networks, so accuracies do not rank them"


def footnotes(info: FrontInfo) -> tuple[str, ...]:
    """The lines below the figure."""
    corner = zip(info.objectives, info.hypervolume_reference, strict=True)
    bounds = ", ".join(f"{each.name.replace('_', ' ')} {show_value(value, each.unit)}" for each, value in corner)
    return (
        f"Bars: 95 % intervals. Reference network: {info.reference_name}.",
        f"Hypervolume {info.hypervolume:.4g}, down to {bounds}.",
        *(
            f"{name.replace('_', ' ').capitalize()} measured on {where[0].describe()}."
            for name, where in info.environments.items()
            if name != "accuracy" and where
        ),
    )
