"""A server like the real one, but its processes do what their number says instead of timing anything."""

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from modsearch.record import Environment
from modsearch.scoring.latency import fork_server
from modsearch.scoring.latency.job import Job, Rounds


def answer() -> Rounds:
    """Which process, forked from which, with how many threads."""
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    where = Environment(device=str(os.getppid()), threads=threads, software=str(os.getpid()))
    return Rounds(times_ms={}, calls_ms={}, environment=where)


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does when memory runs out
    raise AssertionError


def abort() -> NoReturn:
    sys.stderr.write("Fatal: bad luck\n\n")
    os.kill(os.getpid(), signal.SIGABRT)
    raise AssertionError


def fail(error: BaseException) -> NoReturn:
    raise error


def hang() -> NoReturn:
    time.sleep(300)
    raise AssertionError


FAULTS: dict[str, Callable[[], Rounds]] = {
    "answer": answer,
    "die": die,
    "abort": abort,
    "print": lambda: (sys.stdout.write("not an answer\n"), answer())[1],
    "hang": hang,
    "value": lambda: fail(ValueError("runtime must be eager. Got 'steam' instead.")),
    "memory": lambda: fail(RuntimeError("DefaultCPUAllocator: can't allocate memory")),
    "key": lambda: fail(KeyError("stem")),
    "exit": lambda: fail(SystemExit(3)),
    "nowhere": lambda: fail(FileNotFoundError(2, "No such file or directory", "/nowhere")),
}


def run_job(job: Job) -> Rounds:
    return list(FAULTS.values())[job.number]()


if __name__ == "__main__":
    fork_server.run_job = run_job
    fork_server.serve()
