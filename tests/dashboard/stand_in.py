"""Studies of a dashboard that say what a test tells them to, in place of the real ones."""

import asyncio
import hashlib
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from time import sleep
from typing import Any, TypeVar

from modsearch.dashboard import Document, Reader
from modsearch.search import SearchFailed

Found = TypeVar("Found")


@dataclass
class Shelf:
    """Reads documents, and counts how often and how many at a time.

    Attributes:
        values: target -> what its document says.
        takes_s: how long a reading takes.
        may_end: what a reading waits for.
    """

    values: dict[str, Any] = field(default_factory=dict)
    takes_s: float = 0.0
    may_end: Event = field(default_factory=Event)
    num_read: int = 0
    num_at_once: int = 0
    most_at_once: int = 0
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.may_end.set()

    def read(self, target: str) -> Document:
        with self.lock:
            self.num_read += 1
            self.num_at_once += 1
            self.most_at_once = max(self.most_at_once, self.num_at_once)
        sleep(self.takes_s)
        self.may_end.wait(60)
        content = json.dumps(self.values.get(target, {}), separators=(",", ":")).encode()
        with self.lock:
            self.num_at_once -= 1
        return Document(f"study {target}", hashlib.sha256(content).hexdigest(), content)

    def compare(self, target: str, ids: Sequence[str]) -> bytes:
        if "none" in ids:
            raise ValueError("id must be one of the study. Got 'none' instead.")
        return json.dumps([target, *ids]).encode()

    def advise(self, target: str, name: str) -> bytes:
        if name == "away":
            raise SearchFailed("The database is away.")
        return self.compare(target, [name])

    @property
    def reader(self) -> Reader:
        return Reader(self.read, self.compare, self.advise)


def within_a_minute(work: Coroutine[Any, Any, Found]) -> Found:
    """Run it; a test that hangs ends so."""

    async def bounded() -> Found:
        return await asyncio.wait_for(work, 60)

    return asyncio.run(bounded())
