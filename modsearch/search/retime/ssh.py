"""Session: a modsearch on another machine, behind ``ssh``, that times one network after the other."""

import json
import os
import subprocess
import time
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from tempfile import TemporaryFile
from typing import IO, Any

import modsearch
from modsearch.message import must_be, parse
from modsearch.record import Environment, Remeasurement, TimingJob
from modsearch.search.error import SearchFailed
from modsearch.search.retime.timing import Result, check_asked, read_results

_GREETING_S = 300.0  # a slow machine imports torch in a minute
_OF_SSH = 255  # ssh's own failures
_NO_COMMAND = (126, 127)  # a shell's words for a command that may not be run, or that there is not
_BAD_INPUT = 2  # our own
_OPTIONS = (
    *("BatchMode=yes", "StrictHostKeyChecking=yes", "PasswordAuthentication=no"),  # nobody is there to be asked
    *("ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "PermitLocalCommand=no"),
    *("ConnectTimeout=20", "ServerAliveInterval=10", "ServerAliveCountMax=3"),  # one that is cut is noticed in 30 s
)
_WRONG_KEY = "host key verification failed"
_REFUSALS = {
    "permission denied": "it takes none of our keys, and passwords are not asked for: ssh {host} must work without one",
    "could not resolve hostname": "there is no machine of that name",
}


class HostAway(SearchFailed):
    """A machine cannot be reached, or the connection broke. It may come back."""


class Session:
    """Times networks on another machine. One job at a time: it is not made for threads.

    Host keys are checked, and nothing is ever asked for. ``~/.ssh/config`` says ports, keys and ways there.

    Args:
        host: as ``ssh`` takes it; checked by ``Deployment``.
        command: how modsearch is called there.
        limit_s: the longest that one network may take.
    """

    def __init__(self, host: str, command: str, limit_s: float = float("inf")) -> None:
        self.host, self.command, self.limit_s = host, command, limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._rest = b""

    def connect(self) -> None:
        """Start modsearch there, unless it runs.

        Raises:
            HostAway: the machine cannot be reached, takes none of our keys, or has no modsearch.
            SearchFailed: it is another machine than its host key says, or has another version of modsearch.
        """
        if self._process is not None:
            return
        said = TemporaryFile()  # noqa: SIM115  closed with the session
        ssh = ["ssh", "-T", *(part for option in _OPTIONS for part in ("-o", option)), "--", self.host]
        try:
            self._process = subprocess.Popen(
                [*ssh, f"{self.command} probe --stream"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                start_new_session=True,  # Ctrl-C is ours to answer
            )
        except OSError as error:
            said.close()
            raise SearchFailed(f"ssh cannot be started: {error.strerror}.") from None
        self._said, self._rest = said, b""
        there = self._answer(_GREETING_S).get("modsearch")
        if there != modsearch.__version__:
            self.close()
            words = f"{self.host} has modsearch {there}, and this is {modsearch.__version__}"
            raise SearchFailed(f"{words}: install the same version there.")

    def environment(self, job: TimingJob) -> Environment:
        """Where a job would be timed there.

        Raises:
            ValueError: the machine lacks what the job's deployment needs.
            HostAway: the connection broke.
        """
        self._send(job.having(()))
        return self._environment()

    def time(self, job: TimingJob) -> Result:
        """What comes of a job of one network.

        Raises:
            ValueError: the machine lacks what the job's deployment needs, or gives what was not asked for.
            HostAway: the connection broke.
        """
        [network] = job.networks
        self._send(job)
        self._environment()
        answer = self._accepted(self._answer(self.limit_s))
        [result] = read_results([json.dumps(answer).encode()], self.host)
        if result.architecture_id != network.id:
            raise ValueError(must_be(f"{self.host}: architecture_id", repr(network.id), result.architecture_id))
        if isinstance(result, Remeasurement):
            check_asked(result, job, f"{self.host}: {network.id}")
        return result

    def kill(self) -> None:
        """End the connection from another thread: whoever waits for an answer finds it gone."""
        process = self._process
        if process is not None:
            process.terminate()

    def close(self) -> None:
        """End modsearch there: its input ends."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait()
            for stream in (process.stdin, process.stdout, self._said):
                with suppress(OSError):
                    assert stream is not None
                    stream.close()

    def _send(self, job: TimingJob) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(job.model_dump_json().encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._gone() from None

    def _environment(self) -> Environment:
        answer = self._accepted(self._answer(_GREETING_S))
        return parse(Environment, answer.get("environment"), f"{self.host}: environment")

    def _accepted(self, answer: dict[str, Any]) -> dict[str, Any]:
        """An answer; ValueError where the machine refuses the job."""
        if refused := answer.get("refused"):
            raise ValueError(f"{self.host}: {refused}")
        return answer

    def _answer(self, limit_s: float) -> dict[str, Any]:
        """The next line of JSON. What else a shell writes, a greeting say, is passed over."""
        until_s = time.monotonic() + limit_s
        while True:
            line = self._line(until_s)
            with suppress(ValueError):
                answer = json.loads(line)
                if isinstance(answer, dict):
                    return answer

    def _line(self, until_s: float) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        with DefaultSelector() as selector:
            selector.register(pipe, EVENT_READ)
            while b"\n" not in self._rest:
                left_s = until_s - time.monotonic()
                if not selector.select(None if left_s == float("inf") else max(0.0, left_s)):
                    self.close()
                    raise HostAway(f"{self.host} gave no answer in time.")
                part = os.read(pipe, 1 << 16)
                if not part:
                    raise self._gone()
                self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _gone(self) -> SearchFailed:
        """Why there is no answer any more."""
        assert self._process is not None
        assert self._said is not None
        with suppress(subprocess.TimeoutExpired):  # it may have closed its output alone
            self._process.wait(timeout=5)
        code = self._process.poll()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")
        self.close()
        if code == _OF_SSH and _WRONG_KEY in said.lower():
            words = f"its host key is not known here, or another one: connect once by hand, ssh {self.host}"
            return SearchFailed(f"{self.host}: {words}.")
        for sign, words in _REFUSALS.items():
            if code == _OF_SSH and sign in said.lower():
                return HostAway(f"{self.host}: {words.format(host=self.host)}.")
        last = ([line.strip() for line in said.splitlines() if line.strip()] or ["it gave no reason"])[-1]
        if code in _NO_COMMAND:
            return HostAway(
                f"{self.host} has no {self.command!r}: {last}. remote_command says how modsearch is called there."
            )
        if code == _BAD_INPUT and "--stream" in said:  # an older one does not know what it is asked
            return SearchFailed(
                f"{self.host} has another modsearch than {modsearch.__version__}: install the same version there "
                f"({last.removeprefix('modsearch: ')})."
            )
        words = "cannot be reached" if code == _OF_SSH else "gives no answer"
        return HostAway(f"{self.host} {words}: {last.removesuffix('.')}.")
