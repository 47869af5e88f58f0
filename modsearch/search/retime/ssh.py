"""Timing on another machine: a job goes through ``ssh`` to a modsearch there, and comes back one network a line."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO

from modsearch.message import must_be
from modsearch.record import TimingJob
from modsearch.search.error import SearchFailed
from modsearch.search.retime.timing import Result, read_results

_NOT_FOUND = 127  # a shell's word for a command that there is not


def time_on_host(job: TimingJob, host: str, command: str) -> Iterator[Result]:
    """Time the networks of a job on another machine.

    Args:
        job: what is timed there.
        host: as ``ssh`` takes it, such as ``user@machine``.
        command: how modsearch is called there.

    Raises:
        ValueError: the host or the command would be an option of ssh, or what comes back is no result.
        SearchFailed: the machine cannot be reached, or gives fewer results than networks.
    """
    for name, text in (("--host", host), ("--remote-command", command)):
        if not text.strip() or text.strip().startswith("-") or not text.isprintable():
            raise ValueError(must_be(name, "one line that does not begin with '-'", text))
    if not job.networks:
        return
    num_results = 0
    with TemporaryFile() as said, _start(host, command, said) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with suppress(BrokenPipeError), process.stdin as pipe:  # it died early: what it said tells why
                pipe.write(job.model_dump_json().encode())
            # a shell may greet, and a line that is cut off is none
            lines = (line for line in process.stdout if line.startswith(b"{") and line.endswith(b"\n"))
            for result in read_results(lines, host):
                num_results += 1
                yield result
        except BaseException:
            process.terminate()
            raise
        if num_results < len(job.networks):
            raise SearchFailed(_failure(host, f"{num_results} of {len(job.networks)}", process.wait(), said))


def _start(host: str, command: str, said: IO[bytes]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            ["ssh", host, f"{command} probe -"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
        )
    except OSError as error:
        raise SearchFailed(f"ssh cannot be started: {error.strerror}.") from None


def _failure(host: str, share: str, code: int, said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines() or [""]
    hint = " Give --remote-command with the path of modsearch there." if code == _NOT_FOUND else ""
    reason = lines[-1].removeprefix("modsearch: ").strip() or "it gave no reason"
    return f"{host} timed {share} networks: {reason} (exit code {code}).{hint}"
