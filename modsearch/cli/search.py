"""``modsearch search``."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from modsearch.cli.executor import Address, CpusPerTrial, GpusPerTrial, Kind, Workers, ray_fields, with_executor
from modsearch.cli.front import print_front
from modsearch.cli.place import threads_here, warn_of_threads
from modsearch.cli.probe import fail_for
from modsearch.message import must_be, one_of

if TYPE_CHECKING:
    from modsearch.output import NetworkDisplay
    from modsearch.scoring import LocalEvaluator
    from modsearch.search import Executor, Hosts, Result, RunPlace, SharedImages, Study
    from modsearch.space import StudySpec

_ENDINGS = {
    "exhausted": "The search space is used up: no untried network was found.",
    "hours": "The budget's hours are spent.",
    "plateau": "The hypervolume has reached its plateau.",
}
DATA_HELP = "Image folder to use instead of the study's data."
SPACE_HELP = "YAML file of a study, or name of an included one."
TABLE_HELP = (
    "Latency table: predict latencies instead of timing networks. Write DEPLOYMENT=FILE if there are several "
    "deployments. Repeatable."
)


def command(
    space: Annotated[str, typer.Argument(help=SPACE_HELP)],
    out: Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/NAME]")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Total number of networks to train.")] = None,
    storage: Annotated[
        str | None, typer.Option(help="URL of an Optuna database to use instead of a journal file.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help=DATA_HELP)] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed to use instead of the study's.")] = None,
    device: Annotated[str | None, typer.Option(help="Device to train on. [default: cuda if available]")] = None,
    latency_table: Annotated[list[str] | None, typer.Option(metavar="FILE", help=TABLE_HELP)] = None,
    executor: Kind = None,
    address: Address = None,
    workers: Workers = None,
    cpus_per_trial: CpusPerTrial = None,
    gpus_per_trial: GpusPerTrial = None,
) -> None:
    """Search a space and print the Pareto front.

    Run the same command again to go on where it stopped.
    """
    from modsearch.space import load_spec

    spec = load_spec(space)
    overrides = {
        "budget": None if trials is None else spec.budget.model_copy(update={"trials": trials}),
        "seed": seed,
    }
    spec = spec.with_overrides({name: value for name, value in overrides.items() if value is not None})
    spec = with_latency_tables(with_data(spec, data), latency_table or [])
    given = ray_fields(address, workers, cpus_per_trial, gpus_per_trial)
    spec = with_executor(spec, executor, given)
    _run(spec, out or Path("runs") / spec.name, storage, device)


def _run(spec: "StudySpec", folder: Path, storage: str | None, device: str | None) -> None:
    """Search in a folder, and print the front."""
    from modsearch.search import prepare_executor

    prepare_executor(spec)  # before images are read and networks are timed

    from modsearch.output import SearchDisplay, steady_console, watch_timing
    from modsearch.record import Missed
    from modsearch.scoring import measure_at as measure_here
    from modsearch.search import (
        Context,
        Hosts,
        RunPlace,
        confirm,
        create_executor,
        open_run,
        remeasure,
    )

    console = steady_console()
    note = partial(console.print, highlight=False, markup=False)
    make_evaluator = evaluator_maker(spec, device, folder)
    evaluator, images = read_images(make_evaluator, console, _then(spec))
    make_evaluator = partial(make_evaluator, tables=evaluator.tables)  # workers read none
    place = RunPlace(folder, storage, evaluator.device.type)
    with Hosts(spec, note) as hosts, open_run(spec, evaluator, place, reached(hosts, evaluator)) as study:
        display = SearchDisplay(study.header, console)
        hosts.note = display.on_note
        executor = create_executor(Context(study, evaluator, make_evaluator, folder, display, images, hosts))
        run_executor(executor, display, _ENDINGS)
        hosts.note, measure_at = note, hosts.measuring(measure_here)
        missed = [result for result in watch_timing(confirm(study, measure_at), None) if isinstance(result, Missed)]
        _say_remeasured(list(watch_timing(remeasure(study, measure_at), None)), console)
        _show_front(study, place, console)
    fail_for(missed)


def evaluator_maker(spec: "StudySpec", device: str | None, folder: Path) -> "Callable[..., LocalEvaluator]":
    """Makes the evaluator of this process, or of a worker; ValueError where nothing can be trained on the device."""
    from modsearch.models.device import default_device
    from modsearch.scoring import LocalEvaluator
    from modsearch.search import check_device

    device = device or default_device()
    check_device(spec, device)
    warn_of_threads(threads_here(spec, device))
    checkpoints = folder.absolute() / "checkpoints"  # workers may stand in other folders
    return partial(LocalEvaluator, spec.anchored(), device, checkpoints=checkpoints)


def read_images(
    make_evaluator: "Callable[..., LocalEvaluator]", console: Console, then: str = ""
) -> "tuple[LocalEvaluator, SharedImages | None]":
    """The evaluator of this process, once its images are read and spread over a cluster.

    What was read is said, and what comes ``then``.
    """
    from modsearch.search import spread_images

    with console.status("reading images") as status:
        evaluator = make_evaluator(on_progress=lambda done, total: status.update(f"decoding images: {done} of {total}"))
        said, images = list(_read(evaluator, then)), evaluator.share()
        status.update("spreading images")
        spread_images(evaluator.spec, images, console.print)
    for line in said:
        console.print(line, highlight=False, markup=False)
    return evaluator, images


def _then(spec: "StudySpec") -> str:
    """What a search does once it has its images."""
    if spec.is_timed_here:
        return f"timing {spec.reference} and the costliest network"
    return "nothing is timed on this machine" if spec.hosted else "latencies are predicted, nothing is timed"


def _read(evaluator: "LocalEvaluator", then: str) -> "Iterator[str]":
    """Read images and pretrained weights; what is said of them."""
    yield f"{evaluator.num_images} training images" + (f"; {then}" if then else "")
    if evaluator.num_held_out:
        yield f"{evaluator.num_held_out} images are held out: no search reads them"
    if evaluator.left_out:
        yield f"left out, as no images or in no class: {evaluator.left_out}"
    for loaded in evaluator.pretrained():
        yield f"the costliest network starts with {loaded.summary()}"


def reached(hosts: "Hosts", evaluator: "LocalEvaluator") -> "Hosts":
    """The machines of a study, each reached once."""
    for line in hosts.check(evaluator.tables):
        hosts.note(line)
    return hosts


def _show_front(study: "Study", place: "RunPlace", console: Console) -> None:
    from modsearch.analysis import front_info
    from modsearch.search import corner_of, reported, without_password

    corner = corner_of(study.header, study.trials())
    print_front(front_info(*reported(study), corner, study.header.first_design))
    target = f"{without_password(place.storage)}#{study.spec.name}" if place.storage else str(place.folder)
    more = shlex.join(("modsearch", "front", target, "--plot", "front.html"))
    console.print(f"\nSee more: {more}", soft_wrap=True, highlight=False, markup=False)


def run_executor(executor: "Executor", display: "NetworkDisplay", endings: Mapping[str, str]) -> None:
    """Run it, and say how it ended and what failed, also where it ends with an error."""
    try:
        with display:
            ending = executor.run()
        if ending in endings:
            display.console.print(endings[ending])
    finally:
        display.faults.workers = executor.lost
        for line in display.faults.lines():
            display.on_note(line)


def _say_remeasured(results: "Sequence[Result]", console: Console) -> None:
    """What became of the timings that were not precise; where one failed the front says what is uncertain."""
    from modsearch.search import is_busy

    if results:
        num = (
            f"{len(results)} network{'s were' if len(results) > 1 else ' was'} timed again, less precise than asked for"
        )
        ending = ", until the machine was found busy" if is_busy(results[-1]) else ""
        console.print(f"{num} before{ending}", highlight=False, soft_wrap=True)


def with_data(spec: "StudySpec", folder: Path | None) -> "StudySpec":
    """The spec with the images of ``--data``, if that was given, and with the number of their classes."""
    from modsearch.images import count_classes

    return (spec if folder is None else spec.with_images(folder)).with_num_classes(count_classes)


def with_latency_tables(spec: "StudySpec", given: list[str]) -> "StudySpec":
    """The spec with the tables of ``--latency-table``; ValueError where one lacks a deployment that there is."""
    tables = {}
    for argument in given:
        name, _, file = argument.rpartition("=")
        if not name and len(spec.deployments) > 1:
            raise ValueError(must_be("--latency-table", f"DEPLOYMENT=FILE, {one_of(spec.deployments)}", argument))
        if name and name not in spec.deployments and len(spec.deployments) > 1:
            raise ValueError(must_be("--latency-table", f"for {one_of(spec.deployments)}", name, spec.deployments))
        place, path = (name, file) if name in spec.deployments else (next(iter(spec.deployments)), argument)
        tables[place] = Path(path)
    return spec.with_latency_tables(tables) if tables else spec
