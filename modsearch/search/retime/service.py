"""The other side of a session: times networks for a search that runs on another machine."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from tempfile import gettempdir
from threading import Thread
from typing import IO, Any

from filelock import FileLock

import modsearch
from modsearch.architecture import Architecture
from modsearch.record import Environment, Score, TimingJob
from modsearch.search.error import SearchFailed
from modsearch.search.retime.timing import read_job, time_one
from modsearch.space import Deployment

Answer = dict[str, Any]


def serve(
    lines: Iterable[bytes],
    environment: Callable[[Deployment], Environment],
    measure: Callable[[TimingJob, Architecture], Score],
) -> Iterator[Answer]:
    """Answer jobs, one a line, until there are no more.

    First comes this version of modsearch. A job is answered by the environment that it is timed in, then by each of its
    networks; or it is refused, where this machine lacks what its deployment needs.

    Args:
        lines: a ``TimingJob`` each.
        environment: gives where a deployment would be timed here; ValueError where it cannot.
        measure: scores a network of a job.

    Raises:
        ValueError: a line is no job.
    """
    yield {"modsearch": modsearch.__version__}
    for number, line in enumerate(lines, 1):
        job = read_job(line, f"line {number}")
        if not isinstance(job, TimingJob):
            raise ValueError(f"line {number} must be a job.")
        try:
            where = environment(job.deployment)
        except ValueError as error:
            yield {"refused": str(error)}
            continue
        yield {"environment": where.model_dump(mode="json")}
        for network in job.networks:
            with turn():
                result = time_one(job, network, partial(measure, job), SearchFailed)
            yield result.model_dump(mode="json")


def lines_of(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a connection, as they come. Once it is gone this process ends, in the middle of a timing too."""
    lines: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        for line in stream:
            lines.put(line)
        os._exit(0)  # nobody reads what would come

    Thread(target=read, daemon=True).start()
    while True:
        yield lines.get()


@contextmanager
def turn() -> Iterator[None]:
    """One network at a time on this machine for one user: another search may have its networks timed here too."""
    lock = FileLock(Path(gettempdir()) / f"modsearch-{os.getuid() if hasattr(os, 'getuid') else 0}.lock")
    with suppress(OSError):  # a folder that cannot be written
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
