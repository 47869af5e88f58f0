"""Forks a fresh process for each job, from one that has imported everything and run nothing."""

import contextlib
import gc
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import torch

from modsearch.message import is_out_of_memory
from modsearch.models.device import keep_freed_memory
from modsearch.scoring.latency.job import Job
from modsearch.scoring.latency.rounds import run_job

_STDIN, _STDOUT, _STDERR = 0, 1, 2


def serve() -> None:
    """Answer jobs, one a line on stdin, by one line each on stdout, until stdin ends: then whoever asked is gone.

    An empty line is answered without a process. What a child prints goes to stderr. No thread has been started in this
    process and no CUDA, so that it can be forked.
    """
    gc.collect()
    gc.freeze()  # the pages that children share stay shared
    for job in sys.stdin.buffer:
        os.write(_STDOUT, (_in_child(job) if job.strip() else b"{}") + b"\n")


def _in_child(job: bytes) -> bytes:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(job, writing)
    os.close(writing)
    answer = b""
    while not answer.endswith(b"\n"):
        if _STDIN in (ready := select.select([_STDIN, reading], [], [])[0]):
            os.killpg(0, signal.SIGKILL)  # nobody waits any more: no word is sent before an answer
        if reading in ready:
            part = os.read(reading, 1 << 20)
            answer += part
            if not part:
                break
    os.close(reading)
    _, status = os.waitpid(child, 0)
    is_whole = answer.endswith(b"\n")
    return answer.strip() if is_whole else json.dumps({"died": os.waitstatus_to_exitcode(status)}).encode()


def _answer(line: bytes, writing: int) -> NoReturn:
    """Do the job and end this process: it must not return to what the server does."""
    try:
        answer = _done(line)
    except BaseException as error:
        answer = {"error": _kind(error), "text": str(error)}
    try:
        with os.fdopen(writing, "wb") as file:
            file.write(json.dumps(answer).encode() + b"\n")
    finally:
        os._exit(0)


def _done(line: bytes) -> dict[str, Any]:
    os.dup2(_STDERR, _STDOUT)
    with contextlib.suppress(OSError):  # where memory runs out, let the kernel end this process, not whoever asked
        Path("/proc/self/oom_score_adj").write_text("500")
    keep_freed_memory()
    job = Job.model_validate_json(line)
    _set_threads(job.deployment.threads)
    return {"rounds": run_job(job).model_dump(mode="json")}


def _set_threads(threads: int) -> None:
    """Before anything starts threads."""
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)
    torch.set_num_threads(threads)


def _kind(error: BaseException) -> str:
    if is_out_of_memory(error):
        return "memory"
    if isinstance(error, OSError):
        return "system"
    return "value" if isinstance(error, ValueError) else type(error).__name__
