"""Networks that were trained in full, and how classes were recognised, as tables and as JSON."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from modsearch.analysis import Difference, TrainedNetwork, TrainingInfo, by_accuracy, class_accuracy
from modsearch.output.quantity import measured_json, show_change, show_interval, show_value
from modsearch.output.training.words import cut, images, lead_interval
from modsearch.record import ClassResult, TrainingResult

_MAX_CLASSES = 20
_STYLES = {"gains": "green", "loses": "red", "within noise": ""}


def training_table(info: TrainingInfo) -> Table:
    """One network a row, the chosen one first; below a value its 95 % interval."""
    judged = {network.judged for network in info.networks}
    table = Table(title="Trained in full", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("network", overflow="fold", min_width=14)
    table.add_column(f"accuracy,\n{judged.pop()}" if len(judged) == 1 else "accuracy", justify="right", no_wrap=True)
    if info.others:
        table.add_column(f"{escape(cut(info.chosen.name, 12))}\nminus this", justify="right", no_wrap=True)
    for name in ("epoch", "images\n/ s"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("worst class\nand best", no_wrap=True)
    for network in info.networks:
        table.add_row(*_row(info, network))
    return table


def class_table(result: TrainingResult) -> Table:
    """One class a row, the worst first: at most 20 of them, then how many there are more."""
    found = by_accuracy(result.classes)
    more = f"{len(found) - _MAX_CLASSES} more classes, better or not judged" if len(found) > _MAX_CLASSES else None
    title = f"Classes on {images(result.judged, result.accuracy.num_samples)}, worst first"
    table = Table(title=title, caption=more, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("class", overflow="fold")
    for name in ("images", "right", "accuracy", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found[:_MAX_CLASSES]:
        table.add_row(escape(row.name), *_class_cells(row))
    return table


def training_json(info: TrainingInfo) -> dict[str, Any]:
    """The same as JSON values: accuracies and differences are fractions, null where there is none."""
    return {"networks": [_network_json(network) for network in info.networks]}


def _row(info: TrainingInfo, network: TrainedNetwork) -> tuple[str, ...]:
    accuracy = network.accuracy
    value = f"{show_value(accuracy.value, accuracy.unit)}\n{show_interval(accuracy)}"
    is_mixed = len({other.judged for other in info.networks}) > 1
    return (
        f"[bold]{escape(network.name)}[/]\n{escape(network.description)}",
        f"{value}\n{network.judged}" if is_mixed else value,
        *((_lead(network),) if info.others else ()),
        f"{network.epoch}\nof {network.num_epochs}",
        f"{network.images_per_second:,.0f}",
        "\n".join(_class_line(found) for found in (network.worst, network.best) if found is not None),
    )


def _lead(network: TrainedNetwork) -> str:
    if network.lead is None or network.verdict is None:
        return ""
    text = f"{show_change(network.lead.value, 'fraction')}\n{lead_interval(network.lead)}\n{network.verdict}"
    style = _STYLES[network.verdict]
    return f"[{style}]{text}[/]" if style else text


def _class_line(found: ClassResult) -> str:
    return f"{show_value(found.accuracy or 0.0, 'fraction')} {escape(cut(found.name, 9))}"


def _class_cells(found: ClassResult) -> tuple[str, ...]:
    accuracy = class_accuracy(found)
    counts = (f"{found.num_images:,}", f"{found.num_correct:,}")
    if accuracy is None:
        return (*counts, "", "")
    return (*counts, show_value(accuracy.value, accuracy.unit), show_interval(accuracy))


def _network_json(network: TrainedNetwork) -> dict[str, Any]:
    return {
        "name": network.name,
        "id": network.id,
        "description": network.description,
        "accuracy": measured_json(network.accuracy) | {"num_images": network.accuracy.num_samples},
        "judged": network.judged,
        "is_optimistic": network.is_optimistic,
        "epoch": network.epoch,
        "num_epochs": network.num_epochs,
        "images_per_second": network.images_per_second,
        "worst_class": _class_json(network.worst),
        "best_class": _class_json(network.best),
        "first_minus_this": _lead_json(network.lead),
        "verdict": network.verdict,
    }


def _class_json(found: ClassResult | None) -> dict[str, Any] | None:
    return None if found is None else found.model_dump(mode="json") | {"accuracy": found.accuracy}


def _lead_json(lead: Difference | None) -> dict[str, Any] | None:
    if lead is None:
        return None
    return {"value": lead.value, "low": lead.low, "high": lead.high, "is_paired": lead.is_paired}
