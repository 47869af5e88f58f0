"""``modsearch refine``."""

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from modsearch.cli.executor import Address, CpusPerTrial, GpusPerTrial, Kind, Workers, ray_fields, with_executor
from modsearch.cli.front import STUDY_HELP
from modsearch.cli.search import DATA_HELP, evaluator_maker, reached, read_images, run_executor, with_data
from modsearch.message import must_be

if TYPE_CHECKING:
    from modsearch.architecture import Architecture
    from modsearch.record import Score
    from modsearch.scoring import LocalEvaluator
    from modsearch.search import Hosts, Request, Study
    from modsearch.space import Fidelity

_ENDINGS = {
    "exhausted": "Every network is clear, or was trained as often as it may be.",
    "hours": "The hours are spent.",
}


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    seeds: Annotated[int, typer.Option(min=2, help="How often a network is trained at most.")] = 5,
    controls: Annotated[
        bool, typer.Option("--controls", help="Also train what networks with light blocks are held against.")
    ] = False,
    id_: Annotated[
        list[str] | None,
        typer.Option(
            "--id", help="Train this network of the study too; with --controls, only its controls. Repeatable."
        ),
    ] = None,
    fidelity: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|KEY=VALUE", help="Train otherwise than the search, such as epochs=30. Repeatable."),
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(help="Hours of training, added up over workers and starts, after which no other one begins."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help=DATA_HELP)] = None,
    device: Annotated[str | None, typer.Option(help="Device to train on. [default: cuda if available]")] = None,
    executor: Kind = None,
    address: Address = None,
    workers: Workers = None,
    cpus_per_trial: CpusPerTrial = None,
    gpus_per_trial: GpusPerTrial = None,
    show: Annotated[bool, typer.Option("--show", help="Train nothing; show what the trainings so far say.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    plot: Annotated[list[Path] | None, typer.Option(help="Draw it to this file (png or svg). Repeatable.")] = None,
) -> None:
    """Train what may be on the front again, with fresh seeds.

    Says with intervals which belong there, whether MoD blocks beat their controls, where the published networks stand,
    and how far the search's short trainings are to be believed. Run the same command again to go on where it stopped.
    """
    from modsearch.output import check_picture_path
    from modsearch.search import Request, load_study, planned
    from modsearch.space import change_fidelity

    if hours is not None and not 0 < hours < 100_000:
        raise ValueError(must_be("--hours", "more than 0 and below 100000", hours))
    for path in plot or []:
        check_picture_path(path)
    opened = load_study(study)
    wanted = change_fidelity(opened.spec.fidelity, fidelity or [])
    request = Request(wanted, seeds, hours, tuple(dict.fromkeys(id_ or ())), controls)
    if not show:
        planned(opened, request)  # what is asked for is checked before images are read
        given = executor, ray_fields(address, workers, cpus_per_trial, gpus_per_trial)
        _refine(study, request, data, device, given, as_json)
    _show(load_study(study), wanted if fidelity or not show else None, as_json, plot or [])


def _refine(
    target: str,
    request: "Request",
    data: Path | None,
    device: str | None,
    executor: tuple[str | None, dict[str, Any]],
    is_quiet: bool,
) -> None:
    """Train what is planned, and is not trained yet; quietly, stdout is left to what comes after."""
    from modsearch.output import RefinementDisplay, steady_console
    from modsearch.search import (
        Context,
        Hosts,
        RefineSource,
        check_conditions,
        create_executor,
        open_for_refinement,
        prepare,
        prepare_executor,
        refined_spec,
    )

    console = steady_console(sys.stderr if is_quiet else None)
    note = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    with open_for_refinement(target) as (study, folder):
        spec = with_executor(with_data(refined_spec(study, request.fidelity), data), *executor)
        prepare_executor(spec)
        make_evaluator = partial(evaluator_maker(spec, device, folder), tables={})
        evaluator, images = read_images(make_evaluator, console)
        check_conditions(study, evaluator, evaluator.device.type)
        with Hosts(spec, note) as hosts:
            refinement = prepare(study, request, partial(_measure, evaluator, reached(hosts, evaluator)), note)
            display = RefinementDisplay(spec, refinement.plan, _num_trained(study, request), console)
            make_source = partial(RefineSource, refinement=refinement)
            worked = replace(study, worked_as=spec)
            context = Context(worked, evaluator, make_evaluator, folder, display, images, hosts, make_source)
            hosts.note = display.on_note
            run_executor(create_executor(context), display, _ENDINGS)


def _measure(evaluator: "LocalEvaluator", hosts: "Hosts", network: "Architecture") -> "Score":
    from modsearch.search import measured_everywhere

    return measured_everywhere(network, evaluator, hosts)


def _num_trained(study: "Study", request: "Request") -> int:
    from modsearch.search import RefinementLog

    return sum(result.task.fidelity == request.fidelity for result in RefinementLog(study).results)


def _show(study: "Study", fidelity: "Fidelity | None", as_json: bool, plot: list[Path]) -> None:
    """What the trainings so far say."""
    from modsearch.output import refined_json, refined_tables, refined_words, save_refined
    from modsearch.search import refined

    info = refined(study, fidelity)
    if info is None:
        raise ValueError(
            f"Study {study.spec.name} has no training anew{' of this fidelity' if fidelity else ''} yet: "
            "modsearch refine STUDY trains."
        )
    if as_json:
        typer.echo(json.dumps(refined_json(info), indent=2))
    else:
        console = Console()
        console.print(*refined_tables(info), sep="\n")
        console.print(*refined_words(info), sep="\n", highlight=False)
    for path in plot:
        save_refined(info, path)
