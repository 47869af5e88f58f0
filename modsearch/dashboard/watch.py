"""Watched study: its document, read anew only while somebody looks, and only where something happened."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import TypeVar

from modsearch.dashboard.document import Document
from modsearch.dashboard.reply import Content
from modsearch.search import has_driver
from modsearch.search.store.run_folder import JOURNAL
from modsearch.search.store.worker_state import WORKERS

Read = Callable[[str], Document]
Stamp = tuple[object, ...]
_FOLDER_S = 0.5  # between two looks at a run's folder, which cost next to nothing
_DATABASE_S = 2.0  # between two readings from a database, which is not asked whether anything happened
_REST = 2  # times as long as a reading took, until the next one: a large study takes a third of a core at most
Found = TypeVar("Found")


@dataclass(frozen=True)
class Reading:
    """A document as it is sent; the tag of its content is its revision."""

    name: str
    content: Content


class WatchedStudy:
    """A study of a dashboard. Nothing is done but when it is asked; of all who ask at once, one look is taken.

    Looks, readings and questions are taken one at a time, in threads: they may take long, and what they use of a study
    may not be made for two.

    Args:
        target: a run's folder, or ``URL#name`` for a study in a database.
        read: gives its document.
    """

    def __init__(self, target: str, read: Read) -> None:
        self._target, self._read = target, read
        self._interval_s = _DATABASE_S if "://" in target else _FOLDER_S
        self._turn = Lock()
        self._looking: asyncio.Task[Reading] | None = None
        self._reading: Reading | None = None
        self._stamp: Stamp | None = None
        self._due = 0.0

    @property
    def rest_s(self) -> float:
        """Seconds until it may be looked at again."""
        return max(0.0, self._due - monotonic())

    async def latest(self) -> Reading:
        """Its document, no older than the pause between two looks."""
        if self._reading is not None and self.rest_s:
            return self._reading
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)  # who goes away does not end it for the others

    async def ask(self, question: Callable[[str], bytes]) -> Content:
        """What a question finds in it."""
        return await in_thread(partial(self._answer, question))

    async def _look(self) -> Reading:
        try:
            self._stamp, reading, took_s = await in_thread(self._looked)
            self._reading = reading
            self._due = monotonic() + max(self._interval_s, _REST * took_s)
            return reading
        finally:
            self._looking = None

    def _looked(self) -> tuple[Stamp | None, Reading, float]:
        """The stamp, what it stands for, and how many seconds it took to read that anew, if it was."""
        with self._turn:
            found = stamp(self._target)  # before it is read: what happens meanwhile is seen next time
            if self._reading is not None and found is not None and found == self._stamp:
                return found, self._reading, 0.0
            began = monotonic()
            document = self._read(self._target)
            reading = self._reading
            if reading is None or reading.content.tag != document.revision:
                reading = Reading(document.name, Content.of(document.content, tag=document.revision))
            return found, reading, monotonic() - began

    def _answer(self, question: Callable[[str], bytes]) -> Content:
        with self._turn:
            return Content.of(question(self._target))


def stamp(target: str) -> Stamp | None:
    """What is another one where a run's folder tells something new; None for a database, which must be read to know."""
    if "://" in target:
        return None
    folder = Path(target)
    return _mark(folder / JOURNAL), _mark(folder / WORKERS), has_driver(folder)


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


async def in_thread(call: Callable[[], Found]) -> Found:
    """Call in a thread that the process does not wait for at its end: a database that is away is waited for long."""
    answer: Future[Found] = Future()
    answer.set_running_or_notify_cancel()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=work, daemon=True).start()
    return await asyncio.wrap_future(answer)
