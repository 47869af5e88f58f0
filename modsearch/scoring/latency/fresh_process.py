"""A fresh process for a job: what asks the server for one, and ends it."""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from threading import Lock
from typing import IO, Any, NoReturn

from modsearch.message import is_out_of_memory
from modsearch.scoring.latency.job import Job, Rounds
from modsearch.space import Deployment

_PREPARED = {"TORCHINDUCTOR_COMPILE_THREADS": "1"}  # its pool of processes would start beside what is timed
_SERVER = "modsearch.scoring.latency"
_lock = Lock()  # one timing at a time, also where several threads ask
_server: "_Server | None" = None


def run_fresh(job: Job) -> Rounds:
    """Do a job in a process that has done nothing before.

    Whatever ends the wait, Ctrl-C and a time limit too, ends the process. It is forked from a server that lives as long
    as this process does, not longer.

    Raises:
        ValueError: as the job raised it.
        OSError: likewise.
        MemoryError: the process had too little memory, or the kernel ended it for want of that.
        RuntimeError: the process died, or something else went wrong in it.
    """
    answer = _ask(job.model_dump_json())
    if "rounds" in answer:
        return Rounds.model_validate(answer["rounds"])
    _fail(answer, job.deployment)


def start_server() -> None:
    """Start the server if there is none, and wait until it can be asked: for whoever takes the time of a job."""
    _ask("")


def stop() -> None:
    """End the server and what it does at the moment; the next job starts another one."""
    global _server
    if _server is not None and _server.is_mine:
        _server.end()
    _server = None


def _ask(job: str) -> dict[str, Any]:
    global _server
    with _lock:
        if _server is None or not _server.is_at_work():
            stop()
            _server = _Server()
        try:
            answer = _server.ask(job)
        except BaseException:
            stop()
            raise
        if not _server.is_at_work():
            stop()
        return answer


class _Server:
    """The process that forks: a session of its own, which Ctrl-C in a terminal does not reach."""

    def __init__(self) -> None:
        self._owner = os.getpid()  # a process that is forked from this one has no part in it
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,
            env=_PREPARED | os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
        )

    @property
    def is_mine(self) -> bool:
        """Whether this process started it, and not one that this one was forked from."""
        return self._owner == os.getpid()

    def is_at_work(self) -> bool:
        """Whether it can be asked."""
        return self.is_mine and self._process.poll() is None

    def ask(self, job: str) -> dict[str, Any]:
        """Have a job done; the answer is ``rounds``, ``error`` and ``text``, or how the process ``died``."""
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        self._said.seek(0)
        self._said.truncate()
        with suppress(BrokenPipeError):
            requests.write(job.encode() + b"\n")
            requests.flush()
        line = answers.readline()
        if not line.endswith(b"\n"):
            return {"died": self._process.wait(), "text": self._last_words()}
        answer: dict[str, Any] = json.loads(line)
        return answer | ({"text": self._last_words()} if "died" in answer else {})

    def end(self) -> None:
        """Kill it with all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._said):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _fail(answer: dict[str, Any], deployment: Deployment) -> NoReturn:
    text = answer["text"]
    if answer.get("error") == "value":
        raise ValueError(text)
    if answer.get("error") == "system":
        raise OSError(f"Timing failed: {text}")
    told = text if "error" in answer else f"its process {_death(answer['died'])}" + (f": {text}" if text else "")
    if answer.get("error") == "memory" or answer.get("died") == -signal.SIGKILL or is_out_of_memory(RuntimeError(told)):
        raise MemoryError(
            f"Timing ran out of memory at batch size {deployment.batch_size}: give a smaller batch size. ({told})"
        )
    kind = "" if answer.get("error", "RuntimeError") == "RuntimeError" else f"{answer['error']}: "
    raise RuntimeError(f"Timing failed: {kind}{told}")


def _death(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


atexit.register(stop)
