"""``modsearch analyse``."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from modsearch.cli.front import STUDY_HELP
from modsearch.cli.target import Choice, Id, Knee, Target, Under, resolve

if TYPE_CHECKING:
    from modsearch.analysis import SelectionInfo
    from modsearch.architecture import Architecture


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    id_: Id = None,
    knee: Knee = False,
    under: Under = None,
    selection: Annotated[bool, typer.Option("--selection", help="Show which channels its MoD blocks select.")] = False,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            help="Classes to show beside all, by name or number, separated by commas. Repeatable. Put a name that "
            "contains commas in double quotes: 'cat,\"ship, large\"'."
        ),
    ] = None,
    images: Annotated[
        int | None, typer.Option(min=1, help="Use at most this many validation images. [default: all]")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The study's image folder, if it has moved.")] = None,
    device: Annotated[str | None, typer.Option(help="Where it runs. [default: cuda if there is one]")] = None,
    plot: Annotated[list[Path] | None, typer.Option(help="Draw to this file: html, png or svg. Repeatable.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Show which channels the MoD blocks of a network select.

    Runs a trained network of a study over its validation images, and shows what is selected for all images and for
    the classes that you choose. It is the most accurate network that selects, unless you choose another one.
    """
    if not selection:
        raise ValueError("Say what to analyse: --selection.")
    from modsearch.output import check_figure_path, save_selection, selection_json, selection_tables

    for path in plot or []:
        check_figure_path(path)
    with Console(stderr=True).status("reading the study") as status:
        chosen = resolve(study, Choice(id_, knee, under), _selects)
        info = _analyse(study, chosen, classes or [], _Run(images, data, device), status.update)
    for path in plot or []:
        save_selection(info, path)
    if as_json:
        typer.echo(json.dumps(selection_json(info), indent=2, allow_nan=False))
    else:
        Console().print(selection_tables(info))


@dataclass(frozen=True)
class _Run:
    """How the network is run; None for the default."""

    images: int | None
    data: Path | None
    device: str | None


def _analyse(target: str, chosen: Target, wanted: list[str], how: _Run, say: Callable[[str], None]) -> "SelectionInfo":
    from modsearch.analysis import chosen_classes, selection_info

    weights = chosen.weights(target)
    assert chosen.study is not None
    network, spec = chosen.architecture, chosen.study.spec
    _check(network)
    if how.data is not None:
        spec = spec.with_images(how.data)

    from modsearch.models.device import default_device
    from modsearch.scoring import SelectionProbe

    say("reading images")
    probe = SelectionProbe(spec, network, weights, how.device or default_device(), _counter(say, "decoding images"))
    shown_classes = chosen_classes(wanted, probe.class_names)
    say("running the network")
    picks = probe.run(how.images, _counter(say, "running the network"))
    say("shuffling labels")
    return selection_info(picks, network, spec, shown_classes, _counter(say, "shuffling labels, block"))


def _counter(say: Callable[[str], None], doing: str) -> Callable[[int, int], None]:
    return lambda done, total: say(f"{doing}: {done:,} of {total:,}")


def _selects(network: "Architecture") -> bool:
    from modsearch.analysis import mod_slots

    return any(slot.selects for slot in mod_slots(network))


def _check(network: "Architecture") -> None:
    """Raise ValueError where there is nothing to analyse, before anything is run."""
    from modsearch.analysis import mod_slots
    from modsearch.output import fixed_line

    slots = list(mod_slots(network))
    if not slots:
        raise ValueError(f"Network {network.id} has no MoD block: {network.describe()}.")
    if not any(slot.selects for slot in slots):
        raise ValueError(f"Network {network.id} selects nothing: {' '.join(map(fixed_line, slots))}")
