"""Dispatch: which networks go to the cluster next, and what becomes of what comes back. It knows no ray."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal, Protocol

from optuna.exceptions import StorageInternalError

from modsearch.record import Epoch, Score
from modsearch.search.error import NodeRefused, SearchFailed, SettingFailed, StorageFailed
from modsearch.search.execute.assignment import Assignment, Outcome
from modsearch.search.execute.loop import Loop

_WORK_OFF_S = 0.01
_NUM_OUT_FOR_ONE_AHEAD = 4
"""One network is found ahead for so many that are out: what is found ahead cannot learn from these."""


class Measurer(Protocol):
    """Measures networks before they are trained, where nothing else runs on the device."""

    def measured(self, loop: Loop, num_training: int) -> list[tuple[Assignment, Outcome]]:
        """Take networks from the loop, as many as suit, and return those that are measured by now.

        Args:
            loop: hands them out.
            num_training: networks that are training, or wait for a worker.
        """


class Dispatch:
    """Keeps the cluster in work. Ray Tune has an id for each network that it is given.

    Args:
        loop: hands out networks and keeps the record.
        measurer: measures them first; None where the workers do.
        max_failures: how many of its workers may die before a network has failed.

    Attributes:
        error: what ended the search, beside an ending of the loop. It is raised outside of Tune, which would bury it.
        lost: why workers were lost or networks given up -> how often.
        told: numbers of the trials whose workers were told what other machines timed.
    """

    def __init__(self, loop: Loop, measurer: Measurer | None, max_failures: int = 0) -> None:
        self.loop, self.measurer, self.max_failures = loop, measurer, max_failures
        self.error: Exception | None = None
        self.lost: Counter[str] = Counter()
        self.told: set[int] = set()
        self._ready: deque[Assignment] = deque()
        self._out: dict[str, Assignment] = {}
        self._ended: deque[Outcome] = deque()
        self._num_deaths: Counter[int] = Counter()  # of workers, by the number of the trial that they had
        self._dead: set[str] = set()  # ids whose worker died in this step

    @property
    def out(self) -> Mapping[str, Assignment]:
        """What is out, by Tune's ids."""
        return self._out

    @property
    def has_storage(self) -> bool:
        """Whether the record can be written, as far as is known."""
        return not isinstance(self.error, StorageFailed | StorageInternalError)

    def __getstate__(self) -> dict[str, object]:
        """Nothing: Tune pickles who asks it, to go on after a crash, and here the study does that."""
        return {}

    @contextmanager
    def keeping_errors(self) -> Iterator[None]:
        """Keep what the body raises, the first of all: the search ends with it."""
        try:
            yield
        except Exception as error:
            self.error = self.error or error

    def work_off(self) -> None:
        """Do what no worker waits for, a little at a call: record what came back, find networks for the next ones.

        A measurer looks ahead by itself.
        """
        end = time.monotonic() + _WORK_OFF_S
        with self.keeping_errors():
            self.loop.look_away()
        while time.monotonic() < end and self.error is None:
            if self._ended:
                self._record(self._ended.popleft())
            elif not self._find_ahead():
                return

    def record_all(self) -> None:
        """Record all that came back, unless it cannot be written."""
        while self._ended and self.has_storage:
            self._record(self._ended.popleft())

    def next(self, tune_id: str) -> Assignment | Literal["over"] | None:
        """The next network; None while there is none yet, ``over`` when there will be none any more.

        It is over too where other drivers must be waited for: Tune and its workers are not kept for that.
        """
        assignment: Assignment | None = None
        with self.keeping_errors():
            if not self._ready:
                self.record_all()
            if self.error is None:
                assignment = self._next()
        if assignment is not None and self.error is None:
            self._out[tune_id] = assignment
            return assignment
        return "over" if self.error or self.loop.ending or self.loop.is_waiting else None

    def wait(self) -> bool:
        """Wait for other drivers, who may leave a network for us; False where the search is over."""
        is_more = False
        with self.keeping_errors():
            is_more = self.error is None and self.loop.wait()
        return is_more

    def epoch(self, number: int, epoch_number: int, epoch: Epoch) -> None:
        """Pass on a point of a learning curve."""
        with self.keeping_errors():
            self.loop.epoch(number, epoch_number, epoch)

    def timed(self) -> Iterator[tuple[int, Score]]:
        """What other machines timed of what is out, once for each network: by the number of its trial."""
        for assignment in self._out.values():
            if assignment.number not in self.told and (score := self.loop.timed(assignment.number)) is not None:
                self.told.add(assignment.number)
                yield assignment.number, score

    def end(self, tune_id: str, outcome: Outcome) -> None:
        """Take what came of a network; it is recorded later, once. What comes again is not."""
        if self._out.pop(tune_id, None) is not None:
            self._ended.append(outcome)

    def begin_step(self) -> None:
        """A death that is reported from now on is another one."""
        self._dead.clear()

    def restarted(self, tune_id: str, reason: str, start_failure: str = "") -> None:
        """A worker died, and its network begins again elsewhere; the search ends where it could not start."""
        if start_failure:
            self._fail_start(start_failure)
            return
        self._count_death(tune_id, reason)
        self.note(f"{reason}; its trial is started again")

    def lose(self, tune_id: str, reason: str, start_failure: str = "") -> None:
        """Tune gave a network up: it waits for another worker, unless too many died of it.

        Tune does so as well where it hears twice of one death. Where a worker could not start, the search ends.
        """
        if start_failure:
            self._fail_start(start_failure)
            self._put_back(tune_id)
            return
        self._count_death(tune_id, reason)
        assignment = self._out.get(tune_id)
        if assignment is not None and self._num_deaths[assignment.number] > self.max_failures:
            del self._out[tune_id]
            self._record(Outcome(assignment.number, "failed", reason=reason))
        elif assignment is not None:
            self.note(f"{reason}; its trial waits for another worker")
            self._put_back(tune_id)

    def _put_back(self, tune_id: str) -> None:
        """What nothing came of goes out next."""
        if tune_id in self._out:
            self._ready.appendleft(self._out.pop(tune_id))

    def refuse(self, reason: str) -> None:
        """A node cannot score networks of this study: the search ends, for that node would break one after another."""
        self.error = self.error or NodeRefused(reason)

    def fail(self, words: str) -> None:
        """A worker found out that the search cannot go on, and says so in these words."""
        self.error = self.error or SearchFailed(words)

    def note(self, text: str) -> None:
        """Tell whoever watches."""
        with self.keeping_errors():
            self.loop.listener.on_note(text)

    def _fail_start(self, reason: str) -> None:
        self.error = self.error or SettingFailed(reason)

    def _count_death(self, tune_id: str, reason: str) -> None:
        """Count it once: Tune reports the death of a worker between two networks twice, in one step."""
        if tune_id in self._dead:
            return
        self._dead.add(tune_id)
        self.lost[reason] += 1
        if tune_id in self._out:
            self._num_deaths[self._out[tune_id].number] += 1

    def _find_ahead(self) -> bool:
        """Find a network for the next worker; False where none is wanted or there is none."""
        most = max(1, len(self._out) // _NUM_OUT_FOR_ONE_AHEAD)
        if self.measurer is not None or not self._out or len(self._ready) >= most:
            return False
        is_found = False
        with self.keeping_errors():
            is_found = self._poll()
        return is_found

    def _poll(self) -> bool:
        """Find a network that a worker measures; False where there is none."""
        assignment = self.loop.poll()
        if assignment is not None:
            self._ready.append(assignment)
        return assignment is not None

    def _next(self) -> Assignment | None:
        if not self._ready:
            if self.measurer is None:
                self._poll()
            else:
                self._measure(self.measurer)
        return self._ready.popleft() if self._ready else None

    def _measure(self, measurer: Measurer) -> None:
        for assignment, outcome in measurer.measured(self.loop, len(self._out)):
            self.loop.measured(outcome)
            if outcome.state == "running":
                self._ready.append(replace(assignment, measured=outcome))
            else:
                self._record(outcome)

    def _record(self, outcome: Outcome) -> None:
        with self.keeping_errors():
            self.loop.end(outcome)
