"""``modsearch verify``."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from modsearch.cli.probe import measure
from modsearch.message import parse
from modsearch.space.deployment import REMOTE_COMMAND

if TYPE_CHECKING:
    from modsearch.record import TimingJob
    from modsearch.search import Result

_UNTIMED = "latency.json says nothing: no study timed the network, so there is nothing to compare with."


def command(
    folder: Annotated[Path, typer.Argument(help="Folder that modsearch export wrote.")],
    data: Annotated[
        Path | None, typer.Option(help="Image folder of the same classes, to compare on more images.")
    ] = None,
    latency: Annotated[bool, typer.Option("--latency", help="Time the network again, beside its reference.")] = False,
    host: Annotated[str | None, typer.Option(help="Time it on another machine through ssh: user@machine.")] = None,
    remote_command: Annotated[
        str | None, typer.Option(help="Command that runs modsearch there. [default: modsearch]")
    ] = None,
) -> None:
    """Check that an exported folder is what was exported.

    Compares the hash of every file, and every network with the logits that are stored. Exit code 1 if something does
    not hold.
    """
    if (host or remote_command) and not latency:
        raise ValueError("--host and --remote-command need --latency.")
    if remote_command and not host:
        raise ValueError("--remote-command needs --host.")

    from modsearch.bundle import check_latency, verify_bundle
    from modsearch.search import SearchFailed

    console, faults = Console(), []
    say = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    with Console(stderr=True).status("reading the folder") as status:
        try:
            found = verify_bundle(folder, data, status.update)
        except RuntimeError as error:
            raise SearchFailed(str(error)) from None
        for line in found.findings:
            say(line.describe())
        if latency:
            status.update("timing the network")
            checks = list(check_latency(folder, partial(_time, host, remote_command or REMOTE_COMMAND)))
            faults += [check.describe() for check in checks if not check.holds]
            for text in [check.describe() for check in checks] or [_UNTIMED]:
                say(text)
    faults = found.faults + faults
    if faults:
        raise SearchFailed(f"{len(faults)} comparisons do not hold, the first one: {faults[0]}.")
    say("All files are as they were exported.")


def _time(host: str | None, remote_command: str, job: "TimingJob") -> "Iterator[Result]":
    """The networks of a job, here or on another machine."""
    from modsearch.search import Host, time_each, time_on
    from modsearch.space import Deployment

    if host is None:
        yield from time_each(job, partial(measure, job))
        return
    fields = job.deployment.model_dump() | {"host": host, "remote_command": remote_command}
    machine = Host(parse(Deployment, fields, "deployment"))
    try:
        yield from time_on(machine, job, partial(typer.echo, err=True))
    finally:
        machine.close()
