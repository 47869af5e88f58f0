"""Dispatch: which networks go to the cluster next, and what becomes of what comes back. It knows no ray."""

import math
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, Protocol

from optuna.exceptions import StorageInternalError

from modsearch.record import Epoch
from modsearch.search.error import NodeRefused, SearchFailed, SettingFailed, StorageFailed
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.work import Outcome, Work

Visit = list[tuple[Work, Outcome | None]]
"""Networks for one visit of an actor, each with what was measured of it; None where the worker is to measure."""
_WORK_OFF_S = 0.01
"""What a call may take for each network of a visit: workers with longer visits come more rarely."""
_VISITS_AHEAD = 4
"""Visits of several networks that are found ahead. What is found ahead cannot learn from what is out."""
_VISITS_OUT_FOR_ONE_AHEAD = 4
"""Where visits have one network each, one is found ahead for so many that are out."""


class Measurer(Protocol):
    """Measures networks before they are trained, where nothing else runs on the device."""

    def measured(self, loop: Loop, num_training: int) -> list[tuple[Work, Outcome]]:
        """Take networks from the loop, as many as suit, and return those that are measured by now.

        Args:
            loop: hands them out.
            num_training: visits that are training, or wait for a worker.
        """


class Dispatch:
    """Keeps the cluster in work.

    Args:
        loop: hands out networks and keeps the record.
        visit_size: networks a visit.
        measurer: measures them first; None where the workers do.
        max_failures: how many of its workers may die before a network has failed.

    Attributes:
        error: what ended the search, beside an ending of the loop. It is raised outside of Tune, which would bury it.
        lost: why workers were lost or networks given up -> how often.
    """

    def __init__(self, loop: Loop, visit_size: int, measurer: Measurer | None, max_failures: int = 0) -> None:
        self.loop, self.visit_size, self.measurer, self.max_failures = loop, visit_size, measurer, max_failures
        self.error: Exception | None = None
        self.lost: Counter[str] = Counter()
        self._ready: deque[tuple[Work, Outcome | None]] = deque()
        self._visits: dict[str, Visit] = {}
        self._ended: deque[Outcome] = deque()
        self._num_begun = 0
        self._num_deaths: Counter[int] = Counter()  # of workers, by the number of the trial that they had
        self._dead: set[str] = set()  # visits whose worker died in this step

    @property
    def visits(self) -> Mapping[str, Visit]:
        """Those that are out by their ids, each with what is left of it."""
        return self._visits

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
        """Do what no worker waits for, a little at a call: record what came back, find networks of the next visit.

        A measurer looks ahead by itself.
        """
        end = time.monotonic() + _WORK_OFF_S * self.visit_size
        while time.monotonic() < end and self.error is None:
            if self._ended:
                self._record(self._ended.popleft())
            elif not self._find_ahead():
                return

    def record_all(self) -> None:
        """Record all that came back, unless it cannot be written."""
        while self._ended and self.has_storage:
            self._record(self._ended.popleft())

    def next(self, visit_id: str, num_slots: int = 1) -> Visit | Literal["over"] | None:
        """The next visit; None while there is none yet, ``over`` when there will be none any more.

        It is over too where other drivers must be waited for: Tune and its workers are not kept for that.
        """
        visit: Visit = []
        with self.keeping_errors():
            if not self._ready:
                self.record_all()
            size = self._size(num_slots)
            while self.error is None and len(visit) < size and (pair := self._next()) is not None:
                visit.append(pair)
        if visit and self.error is None:
            self._visits[visit_id] = visit
            self._num_begun += 1
            return list(visit)
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

    def end(self, visit_id: str, outcome: Outcome) -> Visit:
        """Take what came of a network; it is recorded later, once. What comes again is not.

        Returns:
            What is left of the visit.
        """
        visit = self._visits.get(visit_id, [])
        left = [pair for pair in visit if pair[0].number != outcome.number]
        if len(left) < len(visit):
            self._visits[visit_id] = left
            self._ended.append(outcome)
        if not left:
            self._visits.pop(visit_id, None)
        return left

    def begin_step(self) -> None:
        """A death that is reported from now on is another one."""
        self._dead.clear()

    def restarted(self, visit_id: str, reason: str, start_failure: str = "") -> None:
        """A worker died, and its visit begins again elsewhere; the search ends where it could not start."""
        if start_failure:
            self._fail_start(start_failure)
            return
        self._count_death(visit_id, reason)
        self.note(f"{reason}; its trial is started again")

    def lose(self, visit_id: str, reason: str, start_failure: str = "") -> None:
        """A visit is given up: its networks wait for another one, but for that at hand if its workers died too often.

        Tune gives up as well where it hears twice of one death. Where a worker could not start, the search ends.
        """
        if start_failure:
            self._fail_start(start_failure)
            self.put_back(visit_id)
            return
        self._count_death(visit_id, reason)
        visit = self._visits.get(visit_id, [])
        if visit and self._num_deaths[visit[0][0].number] > self.max_failures:
            self._record(Outcome(visit[0][0].number, "failed", reason=reason))
            self._visits[visit_id] = visit[1:]
        elif visit:
            self.note(f"{reason}; its trial waits for another worker")
        self.put_back(visit_id)

    def put_back(self, visit_id: str) -> None:
        """What is left of a visit that is over goes into the next ones."""
        self._ready.extendleft(reversed(self._visits.pop(visit_id, [])))

    def refuse(self, reason: str) -> None:
        """A node cannot score networks of this study: the search ends, for that node would break one after another."""
        self.error = self.error or NodeRefused(reason)

    def fail(self, words: str) -> None:
        """A worker found out that the search cannot go on, and says so in these words."""
        self.error = self.error or SearchFailed(words)

    def _fail_start(self, reason: str) -> None:
        self.error = self.error or SettingFailed(reason)

    def _count_death(self, visit_id: str, reason: str) -> None:
        """Count it once: Tune reports the death of a worker between two visits twice, in one step."""
        if visit_id in self._dead:
            return
        self._dead.add(visit_id)
        self.lost[reason] += 1
        for work, _ in self._visits.get(visit_id, [])[:1]:
            self._num_deaths[work.number] += 1

    def note(self, text: str) -> None:
        """Tell whoever watches."""
        with self.keeping_errors():
            self.loop.listener.on_note(text)

    def _size(self, num_slots: int) -> int:
        """How many networks the next visit has.

        The first visits are shorter, so that workers do not come back all at once, and the last ones are, so that the
        budget ends in all slots at a time.
        """
        size = min(self.visit_size, math.ceil((self._num_begun + 1) * self.visit_size / num_slots))
        if self.loop.num_left is None:
            return size
        return max(1, min(size, math.ceil((self.loop.num_left + len(self._ready)) / num_slots)))

    def _find_ahead(self) -> bool:
        """Find a network for the next visit; False where none is wanted or there is none."""
        if self.visit_size == 1:
            most = max(1, len(self._visits) // _VISITS_OUT_FOR_ONE_AHEAD)
        else:
            most = _VISITS_AHEAD * self.visit_size
        if self.measurer is not None or not self._visits or len(self._ready) >= most:
            return False
        is_found = False
        with self.keeping_errors():
            is_found = self._poll()
        return is_found

    def _poll(self) -> bool:
        """Find a network that a worker measures; False where there is none."""
        work = self.loop.poll()
        if work is not None:
            self._ready.append((work, None))
        return work is not None

    def _next(self) -> tuple[Work, Outcome | None] | None:
        if not self._ready:
            if self.measurer is None:
                self._poll()
            else:
                self._measure(self.measurer)
        return self._ready.popleft() if self._ready else None

    def _measure(self, measurer: Measurer) -> None:
        for work, outcome in measurer.measured(self.loop, len(self._visits)):
            self.loop.measured(outcome)
            if outcome.state == "running":
                self._ready.append((work, outcome))
            else:
                self._record(outcome)

    def _record(self, outcome: Outcome) -> None:
        with self.keeping_errors():
            self.loop.end(outcome)
