"""Networks that were trained anew, and what they are held against, as tables."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from modsearch.analysis import Held, RefinedInfo, RefinedNetwork
from modsearch.architecture import published_name
from modsearch.output.network import common_beginning
from modsearch.output.quantity import show_interval, show_probability, show_value
from modsearch.output.refined.term import accuracy_of, count, show_fidelity, show_points, show_to_settle, sorted_by_cost
from modsearch.output.training.words import cut
from modsearch.record import Measurement
from modsearch.statistic.verdict import Verdict

_STYLES: dict[Verdict, str] = {"better": "green", "worse": "red", "equivalent": "", "inconclusive": "dim"}
_MOST_LETTERS = 60  # of a description
_NETWORK_NOTES = (
    "Below a value its 95 % interval. P(front): nothing dominates the network;",
    "P(within): nor if it were better by 0.3 points and 2 % of its cost.",
    "Gain: over plain networks of its cost.",
)
_CONTROL_NOTES = (
    "Difference: network - control. Cost: network / control.",
    "Below trainings: how many would settle what is open,",
    "if it stays; none: the validation images or the latencies limit it.",
)


def refined_tables(info: RefinedInfo) -> tuple[Table, ...]:
    """The networks, from low to high cost; below them what they are held against, where they are."""
    controls = [_control_table(info)] if any(network.controls for network in info.networks) else []
    return (_network_table(info), *controls)


def _network_table(info: RefinedInfo) -> Table:
    table = _table(f"{info.study}: trained anew, {show_fidelity(info.plan.fidelity)}", _NETWORK_NOTES)
    table.add_column("network", overflow="fold", min_width=20)
    about, _, place = info.cost.name.partition("@")
    cost = "\n".join((*about.split("_"), *((f"@{place}",) if place else ())))
    for heading in ("accuracy", cost, "P(front)\nP(within)", "gain"):
        table.add_column(heading, justify="right", no_wrap=True)
    same = common_beginning(network.architecture for network in info.networks)
    for network in sorted_by_cost(info.networks):
        table.add_row(*_network_row(network, same))
    return table


def _control_table(info: RefinedInfo) -> Table:
    table = _table("Held against", _CONTROL_NOTES)
    table.add_column("network\nand control", no_wrap=True)
    for heading in ("difference", "cost", "verdict", "trainings\nto settle"):
        table.add_column(heading, justify="right", no_wrap=True)
    for network in sorted_by_cost(info.networks):
        for control, held in network.controls.items():
            table.add_row(f"[bold]{network.id}[/]\n{control.replace('_', ' ')}", *_control_cells(held))
    return table


def _table(title: str, notes: Sequence[str]) -> Table:
    return Table(title=escape(title), caption="\n".join(notes), box=SIMPLE_HEAD, pad_edge=False)


def _network_row(network: RefinedNetwork, same: str) -> tuple[str, ...]:
    accuracy = "" if network.accuracy is None else f"{_cell(accuracy_of(network.accuracy))}\n"
    description = cut(network.architecture.describe().removeprefix(same), _MOST_LETTERS)
    lines = (
        f"[bold]{network.id}[/]",
        published_name(network.architecture),
        ", ".join(network.roles),
        escape(description),
    )
    return (
        "\n".join(filter(None, lines)),
        f"{accuracy}{count(network.num_replicates, 'training')}",
        _cell(network.cost),
        f"{show_probability(network.membership)}\n{show_probability(network.near_membership)}",
        ""
        if network.gain is None
        else _styled("\n".join((*show_points(network.gain.difference), network.gain.verdict)), network.gain.verdict),
    )


def _control_cells(held: Held) -> tuple[str, ...]:
    return (
        "\n".join(show_points(held.difference)),
        f"{held.cost_ratio:.2f}x",
        _styled(held.verdict, held.verdict),
        f"{held.num_replicates}\n{show_to_settle(held)}",
    )


def _cell(measured: Measurement) -> str:
    """The interval stands below the value."""
    value = show_value(measured.value, measured.unit)
    return value if measured.low == measured.high else f"{value}\n{show_interval(measured)}"


def _styled(text: str, verdict: Verdict) -> str:
    style = _STYLES[verdict]
    return f"[{style}]{text}[/]" if style else text
