"""What failed while a search ran, and how often."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass
class FaultCount:
    """Faults of a search since it was started.

    Attributes:
        networks: why networks failed, one reason each.
        outages: which storage was away -> how often.
        workers: why workers were lost -> how often.
    """

    networks: list[str] = field(default_factory=list)
    outages: Counter[str] = field(default_factory=Counter)
    workers: Mapping[str, int] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """One line a fault; none where nothing failed."""
        yield from (f"{num} x a network failed: {reason}" for reason, num in _kinds(self.networks))
        yield from (f"{num} x {reason}" for reason, num in self.workers.items())
        yield from (f"{num} x {what[0].lower()}{what[1:]} was away" for what, num in self.outages.items())


def _kinds(reasons: list[str]) -> Iterator[tuple[str, int]]:
    """Reasons that begin alike, ``OutOfMemory:`` say, as one: the rest of them names networks and sizes."""
    kinds: dict[str, list[str]] = {}
    for reason in reasons:
        kinds.setdefault(reason.partition(":")[0], []).append(reason)
    for kind, alike in kinds.items():
        is_one = len(set(alike)) == 1
        yield alike[-1] if is_one else f"{kind}, the last one with{alike[-1].removeprefix(kind + ':')}", len(alike)
