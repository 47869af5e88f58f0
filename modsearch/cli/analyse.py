"""``modsearch analyse``."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from modsearch.cli.front import STUDY_HELP
from modsearch.message import nearest

if TYPE_CHECKING:
    from modsearch.analysis import SelectionInfo
    from modsearch.architecture import Architecture
    from modsearch.record import Trial
    from modsearch.search import Study


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    id_: Annotated[str, typer.Option("--id", help="Id of the network.")],
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
    the classes that you choose.
    """
    if not selection:
        raise ValueError("Say what to analyse: --selection.")
    from modsearch.output import check_figure_path, save_selection, selection_json, selection_tables

    for path in plot or []:
        check_figure_path(path)
    with Console(stderr=True).status("reading the study") as status:
        info = _analyse(study, id_, classes or [], _Run(images, data, device), status.update)
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


def _analyse(target: str, id_: str, wanted: list[str], how: _Run, say: Callable[[str], None]) -> "SelectionInfo":
    from modsearch.analysis import chosen_classes, selection_info
    from modsearch.search import load_study, weights_path

    study = load_study(target)
    trial = _trial(study, target, id_)
    assert trial.architecture is not None
    network, spec = trial.architecture, study.spec
    _check(network)
    if how.data is not None:
        spec = spec.with_overrides({"data": {"kind": "imagefolder", "path": how.data}})
    folder = study.folders().get(trial.number, Path(study.header.folder)) if "://" in target else Path(target)
    weights = weights_path(folder, study.task(network))
    if trial.state != "complete" and not weights.is_file():
        raise ValueError(f"Network {id_!r} has no weights: its trial is {trial.state}.")

    from modsearch.models.device import default_device
    from modsearch.scoring import SelectionProbe

    say("reading images")
    probe = SelectionProbe(spec, network, weights, how.device or default_device(), _counter(say, "decoding images"))
    chosen = chosen_classes(wanted, probe.class_names)
    say("running the network")
    picks = probe.run(how.images, _counter(say, "running the network"))
    say("shuffling labels")
    return selection_info(picks, network, spec, chosen, _counter(say, "shuffling labels, block"))


def _counter(say: Callable[[str], None], doing: str) -> Callable[[int, int], None]:
    return lambda done, total: say(f"{doing}: {done:,} of {total:,}")


def _trial(study: "Study", target: str, id_: str) -> "Trial":
    """The trial of this network: the complete one, if there is one."""
    trials = sorted(study.trials(), key=lambda trial: trial.state == "complete" and not trial.is_repeat)
    found = {trial.architecture.id: trial for trial in trials if trial.architecture is not None}
    if id_ not in found:
        raise ValueError(f"The study {target!r} has no network {id_!r}.{nearest(id_, found)}")
    return found[id_]


def _check(network: "Architecture") -> None:
    """Raise ValueError where there is nothing to analyse, before anything is run."""
    from modsearch.analysis import mod_slots
    from modsearch.output import fixed_line

    slots = list(mod_slots(network))
    if not slots:
        raise ValueError(f"Network {network.id} has no MoD block: {network.describe()}.")
    if not any(slot.selects for slot in slots):
        raise ValueError(f"Network {network.id} selects nothing: {' '.join(map(fixed_line, slots))}")
