"""``modsearch retime``."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from modsearch.cli import place as options
from modsearch.cli.front import STUDY_HELP
from modsearch.cli.front import command as front
from modsearch.cli.probe import fail_for, job_threads, measure
from modsearch.message import must_be, one_of, parse, shown
from modsearch.space.deployment import REMOTE_COMMAND

if TYPE_CHECKING:
    from modsearch.architecture import Architecture
    from modsearch.record import Missed, Score, TimingJob
    from modsearch.search import RemeasurementLog, Result, Study
    from modsearch.space import Deployment, StudySpec

_SHOWN = 5
_MAX_HOST = 40


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    device: options.Device = None,
    batch_size: options.BatchSize = None,
    dtype: options.Dtype = None,
    runtime: options.Runtime = None,
    threads: options.Threads = None,
    memory_format: options.MemoryFormat = None,
    image_size: options.ImageSize = None,
    deployment: Annotated[
        str | None, typer.Option(help="Which deployment of the study to change. [default: the first]")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the new deployment. [default: such as cpu-b16]")] = None,
    front_only: Annotated[bool, typer.Option("--front-only", help="Time only the members of the front.")] = False,
    seconds: options.Seconds = None,
    networks: Annotated[
        Path | None, typer.Option(help="Time nothing; write this job file for modsearch probe on another machine.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option("--from", help="Time nothing; read the results that modsearch probe wrote.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Time on another machine through ssh: user@machine.")] = None,
    remote_command: Annotated[
        str | None, typer.Option(help="Command that runs modsearch there. [default: modsearch]")
    ] = None,
    here: Annotated[
        bool, typer.Option("--here", help="Time on this machine, although the deployment names another one.")
    ] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Let the study say what is run on its machines (remote_command).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Time the networks of a study again, here or elsewhere.

    Shows which networks leave the front at another deployment, and which enter it. Nothing is trained. The times are
    kept beside the study's own; run the same command again to go on where it stopped. Without options, it times again
    what is uncertain at the study's own deployments.
    """
    fields = options.given(
        device=device,
        batch_size=batch_size,
        dtype=dtype,
        runtime=runtime,
        threads=threads,
        memory_format=memory_format,
        image_size=image_size,
    )
    _check_options(networks, results, host, remote_command, here)

    from modsearch.search import load_study, read_results, time_each

    opened = load_study(study)
    if not (fields or name or networks or results or host or here):
        if deployment or front_only:
            raise ValueError("--deployment and --front-only need what changes, such as --batch-size 16.")
        _check_trusted(opened.spec.hosted.values(), trust)
        _confirm(study, opened, seconds, as_json)
        return
    found = tuple(read_results(options.content(results).splitlines(), results.name)) if results else ()
    if host:
        fields |= {"host": host, "remote_command": remote_command or REMOTE_COMMAND}
    elif here:
        fields |= {"host": None, "remote_command": REMOTE_COMMAND}
    where, job = _job(opened, fields, (deployment, name), found)
    if seconds is not None:
        job = job.model_copy(update={"timing": job.timing.model_copy(update={"seconds": seconds})})
    job = job.having(_networks(study, opened, front_only and not results))
    if networks:
        networks.write_text(job.model_dump_json() + "\n", encoding="utf-8")
        typer.echo(f"{len(job.networks)} networks to be timed at {job.place}: {networks}")
    elif results:
        _keep(study, job, lambda left: _asked(found, job, results.name), as_json)
    elif where.host:
        _check_trusted([where], trust or bool(host))
        _keep(study, job, lambda left: _time_there(left, where), as_json)
    else:
        options.warn_of_threads(job_threads(job))
        _keep(study, job, lambda left: time_each(left, partial(measure, left)), as_json)


def _check_options(
    networks: Path | None, results: Path | None, host: str | None, remote_command: str | None, here: bool
) -> None:
    given = (("--networks", networks), ("--from", results), ("--host", host), ("--here", here))
    chosen = [name for name, value in given if value]
    if len(chosen) > 1:
        raise ValueError(f"{chosen[0]} must be given without {chosen[1]}.")
    if remote_command is not None and host is None:
        raise ValueError("--remote-command needs --host.")


def _check_trusted(deployments: "Iterable[Deployment]", is_trusted: bool) -> None:
    """Raise ValueError where a record, which may be somebody else's, would have a command of its own run on a host."""
    for deployment in deployments:
        if deployment.host and deployment.remote_command != REMOTE_COMMAND and not is_trusted:
            words = f"The study has {deployment.host} run {shown(deployment.remote_command)}"
            raise ValueError(f"{words}. Give --trust if that may be run there.")


def _job(
    study: "Study", fields: dict[str, Any], chosen: tuple[str | None, str | None], found: "Sequence[Result]"
) -> "tuple[Deployment, TimingJob]":
    """Where it is timed, and what is asked for, without its networks. Results that are read say it as well.

    Args:
        study: whose deployment is changed.
        fields: of the deployment that are another.
        chosen: the study's deployment and the new name, as far as they were given.
        found: the results.
    """
    from modsearch.record import Remeasurement, TimingJob, place_name, predicted_objectives
    from modsearch.space import Deployment

    base, name = chosen
    places = study.spec.deployments
    first = next((result for result in found if isinstance(result, Remeasurement)), None)
    base = base or (first and first.base) or next(iter(places))
    if base not in places:
        raise ValueError(must_be("--deployment", one_of(places), base, places))
    deployment = parse(Deployment, places[base].model_dump() | fields, "deployment")
    if first and not fields:
        deployment = first.deployment
    default = (
        first.place
        if first and not first.deployment.differences(deployment)
        else _host_name(deployment.host) + place_name(deployment, places[base])
    )
    place = name or default
    if place in places and place not in predicted_objectives(study.spec).values():
        raise ValueError(must_be("--name", "another name than those of the study's own deployments", place))
    job = {"place": place, "base": base, "deployment": deployment.on_its_machine, "reference": study.spec.reference}
    return deployment, parse(TimingJob, {**job, "timing": study.spec.timing, "networks": ()})


def _time_there(job: "TimingJob", where: "Deployment") -> "Iterator[Result]":
    """On the machine that the deployment names."""
    from modsearch.search import Host, time_on

    host = Host(where)
    try:
        yield from time_on(host, job, lambda text: typer.echo(text, err=True))
    finally:
        host.close()


def _host_name(host: str | None) -> str:
    """The beginning of a place's name; what a name must not hold is left out."""
    words = re.findall(r"[A-Za-z0-9]+", (host or "").rpartition("@")[2])
    return "-".join([*words, ""])[-_MAX_HOST:].lstrip("-")


def _networks(target: str, study: "Study", front_only: bool) -> "tuple[Architecture, ...]":
    """The front's members, the other networks that the study scored, and the reference to check the machine by."""
    from modsearch.analysis import by_front
    from modsearch.search import own_remeasurements, without_password

    networks, num_members = by_front(study.trials(), own_remeasurements(study), study.spec)
    if not networks:
        raise ValueError(f"The study {shown(without_password(target))} scored no network yet.")
    if front_only:
        return tuple(networks[:num_members])
    reference = study.spec.reference_architecture
    return (*networks, *(() if reference.id in {network.id for network in networks} else (reference,)))


def _asked(found: "Sequence[Result]", job: "TimingJob", source: str) -> "Iterator[Result]":
    """Results that were read, at the place where they are kept; ValueError where they are of another job."""
    from modsearch.record import Remeasurement
    from modsearch.search import check_asked

    place = next((result.place for result in found if isinstance(result, Remeasurement)), job.place)
    for result in found:
        if isinstance(result, Remeasurement):
            check_asked(result, job.model_copy(update={"place": place}), f"{source}: {result.architecture_id}")
        yield result.at(job.place, job.base) if isinstance(result, Remeasurement) else result


def _keep(target: str, job: "TimingJob", source: "Callable[[TimingJob], Iterable[Result]]", as_json: bool) -> None:
    """Store each result as it comes, then say what became of the front."""
    from modsearch.output import watch_timing
    from modsearch.record import Remeasurement
    from modsearch.search import RemeasurementLog, open_for_remeasurement, without_password

    missed: list[Missed] = []
    unknown: list[str] = []
    ids = {network.id for network in job.networks}
    with open_for_remeasurement(target) as study:
        record = RemeasurementLog(study, job.place)
        record.check_deployment(job.deployment)
        done = record.found.keys() - _uncertain(record)
        left = job.having(tuple(network for network in job.networks if network.id not in done))
        for result in watch_timing(source(left), len(left.networks)):
            if result.architecture_id not in ids:
                unknown.append(result.architecture_id)
            elif isinstance(result, Remeasurement):
                record.keep(result)
            else:
                missed.append(result)
        if record.found:
            _say_unknown(unknown)
            _report(record, missed, unknown, as_json)
    fail_for(missed)
    if not record.found:
        others = f", only about {', '.join(unknown[:_SHOWN])}" if unknown else ""
        raise ValueError(f"Nothing was read about a network of {shown(without_password(target))}{others}.")


def _uncertain(record: "RemeasurementLog") -> set[str]:
    """The networks that the front at a place rests on and that are to be timed there again."""
    from modsearch.analysis import part_at
    from modsearch.record import uncertain

    if not record.found:
        return set()
    study = record.study
    found = uncertain(*part_at(study.trials(), list(record.found.values()), study.spec))
    return {network.id for network, place in found if place == record.place}


def _say_unknown(unknown: Sequence[str]) -> None:
    if unknown:
        names = ", ".join(unknown[:_SHOWN]) + (" and others" if len(unknown) > _SHOWN else "")
        line = f"{len(unknown)} of the networks are not the study's and were left out: {names}"
        typer.echo(line, err=True)


def _report(record: "RemeasurementLog", missed: "Sequence[Result]", unknown: Sequence[str], as_json: bool) -> None:
    from modsearch.analysis import retiming
    from modsearch.output import retiming_json, retiming_table
    from modsearch.search import own_remeasurements

    study = record.study
    info = retiming(study.trials(), own_remeasurements(study), list(record.found.values()), study.spec)
    if as_json:
        failed = [result.model_dump(mode="json", include={"architecture_id", "reason"}) for result in missed]
        typer.echo(json.dumps(retiming_json(info) | {"failed": failed, "unknown": list(unknown)}, indent=2))
    else:
        Console().print(retiming_table(info), info.summary(), sep="\n")


def _confirm(target: str, study: "Study", seconds: float | None, as_json: bool) -> None:
    """Measure what the study has only predicted, time again what is uncertain, and show its front."""
    from modsearch import scoring
    from modsearch.output import watch_timing
    from modsearch.record import Missed, predicted_objectives
    from modsearch.search import Hosts, confirm, due, insist, open_for_remeasurement, without_password

    if not predicted_objectives(study.spec) and not any(due(study)):
        raise ValueError(
            f"{shown(without_password(target))} is measured at its own deployments. Say what changes, such as "
            "--batch-size 16; or give --name, to time the same again under another name."
        )
    with open_for_remeasurement(target) as opened, Hosts(opened.spec, partial(typer.echo, err=True)) as hosts:
        measure_somewhere = hosts.measuring(scoring.measure_at)

        def measure_at(network: "Architecture", place: str, deployment: "Deployment", spec: "StudySpec") -> "Score":
            if seconds is not None:
                timing = spec.timing.model_copy(update={"seconds": seconds})
                spec = spec.model_copy(update={"timing": timing})
            return measure_somewhere(network, place, deployment, spec)

        timed = chain(confirm(opened, measure_at), insist(opened, measure_at))
        missed = [result for result in watch_timing(timed, None) if isinstance(result, Missed)]
    front(target, as_json=as_json)
    fail_for(missed)
