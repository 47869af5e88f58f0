"""``modsearch probe``."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from modsearch.cli import place as options
from modsearch.message import parse

if TYPE_CHECKING:
    from modsearch.architecture import Architecture
    from modsearch.record import Environment, Missed, Score, TimingJob
    from modsearch.space import Deployment

_TASK_OF_STEM = {"cifar": (10, 32), "imagenet": (1000, 224)}


def command(
    file: Annotated[
        Path | None, typer.Argument(help="Job file of retime --networks, or a JSON list of networks; - for stdin.")
    ] = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Take one job per line from stdin, as a search on another machine does.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write to this file instead, and skip what it contains already.")
    ] = None,
    device: options.Device = None,
    batch_size: options.BatchSize = None,
    dtype: options.Dtype = None,
    runtime: options.Runtime = None,
    threads: options.Threads = None,
    memory_format: options.MemoryFormat = None,
    image_size: options.ImageSize = None,
    classes: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="Number of classes.")] = None,
    reference: Annotated[str | None, typer.Option(help="Published network to time each network against.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the deployment. [default: such as cpu-b16]")] = None,
    seconds: options.Seconds = None,
) -> None:
    """Time networks on a machine that has neither the study nor its data.

    Prints JSON, one line per network. A job file says everything; with a plain list of networks, or what modsearch
    front --json prints, say where to time by the options below, of which --reference is needed.
    """
    fields = options.given(
        device=device,
        batch_size=batch_size,
        dtype=dtype,
        runtime=runtime,
        threads=threads,
        memory_format=memory_format,
        image_size=image_size,
        num_classes=classes,
    )
    more = options.given(reference=reference, place=name, timing=None if seconds is None else {"seconds": seconds})
    if stream:
        _serve([file, out, *fields, *more])
        return
    if file is None:
        raise ValueError("FILE must be given, or --stream.")

    from modsearch.output import watch_timing
    from modsearch.record import Missed
    from modsearch.search import time_each, turn

    def measure_alone(network: "Architecture") -> "Score":
        with turn():
            score: Score = measure(job, network)
            return score

    job = _job(file, fields, more)
    options.warn_of_threads(job_threads(job))
    with _sink(out, job) as (sink, known):
        networks = tuple(network for network in job.networks if network.id not in known)
        missed: list[Missed] = []
        for result in watch_timing(time_each(job.having(networks), measure_alone), len(networks)):
            sink.write(result.model_dump_json() + "\n")
            sink.flush()
            missed += [result] if isinstance(result, Missed) else []
    fail_for(missed)


def _serve(others: Sequence[object]) -> None:
    """Answer jobs until there are no more."""
    if any(other is not None for other in others):
        raise ValueError("--stream must be given alone: each job says where it is timed.")
    from modsearch.models.device import deployment_environment
    from modsearch.models.runtime import check_runtime
    from modsearch.search import lines_of, serve

    def environment(deployment: "Deployment") -> "Environment":
        found = deployment_environment(deployment)
        check_runtime(deployment, "deployment")
        return found

    for answer in serve(lines_of(sys.stdin.buffer), environment, measure):
        typer.echo(json.dumps(answer))


def job_threads(job: "TimingJob") -> dict[str, int]:
    """The threads of its deployment, by their field, where they count."""
    return {} if job.deployment.is_cuda else {"deployment.threads": job.deployment.threads}


def measure(job: "TimingJob", network: "Architecture") -> Any:
    """The score of a network at the deployment of a job."""
    from modsearch.scoring import measure_beside

    return measure_beside(network, job.reference_architecture, job.place, job.deployment, job.timing)


def fail_for(missed: "Sequence[Missed]") -> None:
    """Leave with exit code 1 and one line where networks could not be timed."""
    from modsearch.search import SearchFailed

    if missed:
        names = ", ".join(result.architecture_id for result in missed[:5]) + (" and others" if len(missed) > 5 else "")
        many = "s" * (len(missed) > 1)
        raise SearchFailed(f"{len(missed)} network{many} could not be timed ({names}): {missed[0].reason}")


def _job(file: Path, fields: dict[str, Any], more: dict[str, Any]) -> "TimingJob":
    """The job that the file says, or that is made of its list and the options."""
    from modsearch.record import TimingJob, place_name
    from modsearch.search import read_job
    from modsearch.space import Deployment

    is_stdin = str(file) == "-"
    found = read_job(sys.stdin.buffer.read() if is_stdin else options.content(file), "stdin" if is_stdin else file.name)
    if isinstance(found, TimingJob):
        if fields or more:
            names = ", ".join(fields | more)
            raise ValueError(f"The options {names} belong to a plain list of networks: the job says where it is timed.")
        return found
    if not found:
        raise ValueError(f"{file.name} holds no network.")
    if "reference" not in more:
        raise ValueError("--reference must be given for a plain list of networks, such as --reference resnet50.")
    num_classes, image_size = _TASK_OF_STEM[found[0].stem]
    deployment = parse(Deployment, {"num_classes": num_classes, "image_size": image_size} | fields, "deployment")
    place = place_name(deployment, deployment)
    return parse(TimingJob, {"place": place, "deployment": deployment, "networks": tuple(found)} | more)


@contextmanager
def _sink(out: Path | None, job: "TimingJob") -> Iterator[tuple[IO[str], set[str]]]:
    """Where results go, and the ids of the networks that were timed before."""
    if out is None:
        yield sys.stdout, set()
        return
    known = _known(out, job) if out.exists() else set()
    with out.open("a", encoding="utf-8") as file:
        yield file, known


def _known(out: Path, job: "TimingJob") -> set[str]:
    """The ids in a file of results. A last line that a killed probe left half written is cut off."""
    from modsearch.record import Remeasurement
    from modsearch.search import check_asked, read_results

    found = options.content(out)
    length = found.rfind(b"\n") + 1
    if found and not length:
        raise ValueError(f"{out.name} was not written by modsearch probe: give another --out.")
    known = set()
    for result in read_results(found[:length].splitlines(), out.name):
        if isinstance(result, Remeasurement):
            check_asked(result, job, f"{out.name}: {result.architecture_id}")
            known.add(result.architecture_id)
    if length < len(found):
        with out.open("r+b") as file:
            file.truncate(length)
    return known
