"""The published networks beside their paper, as a table and as JSON."""

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from modsearch.output.comparison.series import conditions
from modsearch.output.quantity import measured_json
from modsearch.record import RATIOS, Comparison, Measurement

_HEADINGS = (
    "params (M)\nprinted",
    "GMACs\nprinted",
    "MoD /\nplain",
    "deleted /\nplain",
    "MoD /\ndeleted",
    "paper's\nCPU",
    "paper's\nGPU",
)


def comparison_table(found: Sequence[Comparison]) -> Table:
    """One network a row: below its own counts the printed ones, below measured ratios their 95 % intervals."""
    title = "Published networks and the MoD paper"
    table = Table(title=title, caption=conditions(found), box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("name", "plain"):
        table.add_column(heading, overflow="fold")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for comparison in found:
        printed = comparison.network.printed
        params = _count(comparison.counted.params / 1e6, printed.params_m, 2)
        counts = (params, _count(comparison.counted.gmacs, printed.gmacs, 3))
        ratios = (_ratio(comparison.ratios.get(pair)) for pair in RATIOS)
        printed_ratios = (_decimals(comparison.printed_cpu_ratio, 3), _decimals(comparison.printed_gpu_ratio, 3))
        table.add_row(
            comparison.network.name,
            comparison.plain.name if comparison.plain else "",
            *counts,
            *ratios,
            *printed_ratios,
        )
    return table


def comparison_json(found: Sequence[Comparison]) -> list[dict[str, Any]]:
    """The same as JSON values, one object a network; null where the paper prints nothing or nothing was timed."""
    return [_network_json(comparison) for comparison in found]


def _network_json(comparison: Comparison) -> dict[str, Any]:
    printed = comparison.network.printed
    return {
        "name": comparison.network.name,
        "plain": comparison.plain.name if comparison.plain else None,
        "params": comparison.counted.params,
        "printed_params_m": printed.params_m,
        "gmacs": comparison.counted.gmacs,
        "printed_gmacs": printed.gmacs,
        "ratios": {f"{form} / {other}": _measured(value) for (form, other), value in comparison.ratios.items()},
        "printed_ratios": {"cpu": comparison.printed_cpu_ratio, "gpu": comparison.printed_gpu_ratio},
        "latency_ms": {form: _measured(value) for form, value in comparison.latency_ms.items()},
        "images_per_s": {
            form: _measured(value.throughput(comparison.deployment.batch_size))
            for form, value in comparison.latency_ms.items()
        },
        "ending": comparison.ending,
        "deployment": comparison.deployment.model_dump(mode="json"),
        "environment": comparison.environment.model_dump(mode="json") if comparison.environment else None,
    }


def _measured(value: Measurement) -> dict[str, float | str]:
    return measured_json(value) | {"num_rounds": value.num_samples}


def _count(own: float, printed: float | None, digits: int) -> str:
    """Own, and below it the printed value with what own deviates from it."""
    if printed is None:
        return f"{own:.{digits}f}"
    return f"{own:.{digits}f}\n{_decimals(printed, digits)} ({100 * (own / printed - 1):+.1f} %)"


def _ratio(measured: Measurement | None) -> str:
    return "" if measured is None else f"{measured.value:.3f}\n{measured.low:.3f}-{measured.high:.3f}"


def _decimals(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
