"""Networks against their controls: the rows of a panel. Whatever draws it reads this."""

from collections.abc import Iterator
from dataclasses import dataclass

from modsearch.analysis import RefinedInfo
from modsearch.output.draw.style import FAINT, INK, MOD, PLAIN
from modsearch.output.refined.interval import Interval, axis_range, of_estimate
from modsearch.output.refined.term import network_name, sorted_by_cost
from modsearch.output.training.words import cut
from modsearch.record import CONTROLS, Control
from modsearch.statistic.verdict import Verdict

X_TITLE = "Accuracy: network - control (points)"
COLOURS: dict[Verdict, str] = {"better": MOD, "worse": PLAIN, "equivalent": INK, "inconclusive": FAINT}
_HEADINGS: dict[Control, str] = {
    "deleted": "Blocks deleted",
    "random": "Random channels",
    "first": "First channels",
    "first_scored": "First, scored",
    "narrow": "Narrow blocks",
}
_MOST_ROWS = 120
_MOST_LETTERS = 20


@dataclass(frozen=True)
class Row:
    """A network against one of its controls.

    Attributes:
        position: counted from the top, headings too.
        name: of the network.
        difference: in points.
        verdict: what it says.
    """

    position: int
    name: str
    difference: Interval
    verdict: Verdict


@dataclass(frozen=True)
class DifferencePanel:
    """Differences in points around 0.

    Attributes:
        headings: position -> the control of the rows below it.
        rows: by control, then from low to high cost.
        num_left_out: rows for which there is no room.
        margin: in points.
        x_range: the ends of the axis.
    """

    headings: dict[int, str]
    rows: tuple[Row, ...]
    num_left_out: int
    margin: float
    x_range: tuple[float, float]

    @property
    def num_lines(self) -> int:
        """Rows and headings."""
        return len(self.rows) + len(self.headings)


def difference_panel(info: RefinedInfo) -> DifferencePanel | None:
    """What is drawn; None where no network is held against a control."""
    found = list(_found(info))
    headings: dict[int, str] = {}
    rows: list[Row] = []
    for control, row in found[:_MOST_ROWS]:
        if _HEADINGS[control] not in headings.values():
            headings[len(rows) + len(headings)] = _HEADINGS[control]
        rows.append(Row(len(rows) + len(headings), *row))
    if not rows:
        return None
    margin = 100 * info.margin
    shown = [row.difference for row in rows] + [Interval(0.0, -margin, margin)]
    return DifferencePanel(headings, tuple(rows), len(found) - len(rows), margin, axis_range(shown, 2 * margin))


def _found(info: RefinedInfo) -> Iterator[tuple[Control, tuple[str, Interval, Verdict]]]:
    networks = sorted_by_cost(info.networks)
    for control in CONTROLS:
        for network in networks:
            if control in network.controls:
                held = network.controls[control]
                name = cut(network_name(network), _MOST_LETTERS)
                yield control, (name, of_estimate(held.difference), held.verdict)
