"""What another deployment makes of a front, as a table and as JSON."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from modsearch.analysis import Retimed, Retiming
from modsearch.output.quantity import measured_json, show_change, show_interval, show_measurement, show_value
from modsearch.record import Measurement

_MARKS = {"stays": "", "enters": "green", "leaves": "red", "not timed": "dim"}


def retiming_table(info: Retiming) -> Table:
    """The networks of both fronts, one a row, from low to high latency at the later deployment."""
    title = f"{escape(info.study)}: the front at {info.place}"
    table = Table(title=title, caption=escape(_caption(info)), box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("id", no_wrap=True)
    for name in ("accuracy", f"latency\n{info.base}", f"latency\n{info.place}", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("front", no_wrap=True)
    table.add_column("blocks", overflow="fold")
    found = {row.point.description.partition("[")[0] for row in info.rows}
    same = found.pop() if len(found) == 1 else ""
    for row in info.rows:
        cells = (_cell(row.point.scores["accuracy"]), _cell(row.before), _cell(row.now), _change(row), row.change)
        blocks = row.point.description.removeprefix(same)
        table.add_row(row.point.id, *cells, blocks, style=_MARKS[row.change])
    return table


def retiming_json(info: Retiming) -> dict[str, Any]:
    """The same as JSON values; latencies are relative to the reference network's, accuracy is a fraction."""
    return {
        "study": info.study,
        "place": info.place,
        "deployment": info.deployment.model_dump(mode="json"),
        "base": info.base,
        "environment": info.environment.model_dump(mode="json") if info.environment else None,
        "self_check": _interval(info.self_check),
        "num_scored": info.num_scored,
        "num_timed": info.num_timed,
        "stay": list(info.ids("stays")),
        "leave": list(info.ids("leaves")),
        "enter": list(info.ids("enters")),
        "not_timed": list(info.ids("not timed")),
        "networks": [
            {
                "id": row.point.id,
                "description": row.point.description,
                "accuracy": _interval(row.point.scores["accuracy"]),
                "before": _interval(row.before),
                "now": _interval(row.now),
                "change": row.change,
            }
            for row in info.rows
        ],
        "summary": info.summary(),
    }


def _caption(info: Retiming) -> str:
    lines = ["Latencies are relative to the reference network's, timed in turn."]
    if info.environment:
        lines.append(f"{info.place} was timed on {info.environment.describe()}.")
    if info.self_check:
        lines.append(f"The reference network against itself: {show_measurement(info.self_check)}.")
    return "\n".join(lines)


def _cell(measured: Measurement | None) -> str:
    """The interval stands below the value."""
    if measured is None or measured.low == measured.high:
        return "" if measured is None else show_value(measured.value, measured.unit)
    return f"{show_value(measured.value, measured.unit)}\n{show_interval(measured)}"


def _change(row: Retimed) -> str:
    if row.before is None or row.now is None:
        return ""
    return show_change(row.now.value - row.before.value, row.now.unit)


def _interval(measured: Measurement | None) -> dict[str, float | str] | None:
    return None if measured is None else measured_json(measured)
