"""First paint: the front as a plain picture, until the page has read its data."""

from collections.abc import Sequence
from html import escape
from typing import Any

_WIDTH, _HEIGHT = 860, 430
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 12, 46
_ACCURACY = "accuracy"
Places = Sequence[tuple[float, float]]


def first_paint(values: dict[str, Any]) -> str:
    """Headline and picture of a study, as the page draws them, in HTML."""
    words = values["words"]
    head = f"<h2>{escape(words['title'])}</h2><p class='sub'>{escape(words['subtitle'])}</p>"
    return f"<section class='view'>{head}{_picture(values)}</section>"


def _picture(values: dict[str, Any]) -> str:
    """Nothing where no network is scored."""
    cost = next(one["name"] for one in values["objectives"] if one["name"] != _ACCURACY)
    behind, front = (_places(values, cost, standing) for standing in ("dominated", "front"))
    if not front:
        return ""
    x_low, x_high, y_low, y_high = _ends([*behind, *front])

    def drawn(places: Places) -> list[tuple[float, float]]:
        return [
            (
                round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * (x - x_low) / (x_high - x_low), 1),
                round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (y - y_low) / (y_high - y_low), 1),
            )
            for x, y in places
        ]

    members = drawn(sorted(front))
    steps = f"M{members[0][0]} {members[0][1]}" + "".join(f"H{x}V{y}" for x, y in members[1:])
    return (
        f"<svg class='chart' role='img' aria-label='The front' viewBox='0 0 {_WIDTH} {_HEIGHT}'>"
        f"<path class='behind dominated' d='{''.join(_ring(*place, 3.2) for place in drawn(behind))}'/>"
        f"<path class='front-line' fill='none' d='{steps}'/>"
        f"<g class='member kind-mod'><path d='{''.join(_ring(*place, 5.5) for place in members)}'/></g></svg>"
    )


def _places(values: dict[str, Any], cost: str, standing: str) -> list[tuple[float, float]]:
    networks = values["networks"]
    costs, accuracies = (networks["metrics"][name]["value"] if networks["num"] else () for name in (cost, _ACCURACY))
    rows = zip(networks["columns"]["standing"], costs, accuracies, strict=True)
    return [(x, y) for found, x, y in rows if found == standing and x is not None and y is not None]


def _ends(places: Places) -> tuple[float, float, float, float]:
    """Of both axes, with some room."""
    found = []
    for values in zip(*places, strict=True):
        low, high = min(values), max(values)
        room = 0.05 * (high - low) or 0.1 * abs(high) or 1.0
        found += [low - room, high + room]
    return found[0], found[1], found[2], found[3]


def _ring(x: float, y: float, radius: float) -> str:
    return f"M{x - radius:.1f} {y}a{radius} {radius} 0 1 0 {2 * radius} 0a{radius} {radius} 0 1 0 {-2 * radius} 0z"
