"""Start: says so where workers do not start, whatever keeps them."""

import time
from collections.abc import Callable, Set

import ray

from modsearch.message import shown

NOTE_S = 60.0
"""Between two looks at what waits: to start a worker takes some seconds, and to send it images more."""

WHY = "Why is in Ray's logs, session_latest/logs in the temporary folder of each node."


class StartWatch:
    """Looks at what waits for a worker, and notes it where one has not started for a minute.

    The same is noted once: again where what is free changes.

    Args:
        wanted: what each takes, by Ray's names.
        note: is told a line.
    """

    def __init__(self, wanted: dict[str, float], note: Callable[[str], None]) -> None:
        self._wanted, self._note = wanted, note
        self._since: dict[str, float] = {}  # when each began to wait
        self._said = ""

    def look(self, waiting: Set[str]) -> None:
        """Note what waits too long of what waits now; it may be called as often as one likes."""
        now = time.monotonic()
        self._since = {name: self._since.get(name, now) for name in waiting}
        num_late = sum(now - since >= NOTE_S for since in self._since.values())
        if not num_late:
            return
        self._since = {name: now if now - since >= NOTE_S else since for name, since in self._since.items()}
        text = f"{_waited_for(self._wanted)} {num_late} wait for one."
        if text != self._said:
            self._note(text)
            self._said = text


def _waited_for(wanted: dict[str, float]) -> str:
    """What is waited for, what the cluster has of it, and where to look."""
    total, free = ray.cluster_resources(), ray.available_resources()  # type: ignore[no-untyped-call]
    asked = {name: amount for name, amount in wanted.items() if amount}
    has = ", ".join(f"{free.get(name, 0):g} of {total.get(name, 0):g} {name} free" for name in asked)
    return f"No worker has started for {NOTE_S:.0f} s. Each takes {shown(asked)}; the cluster has {has}. {WHY}"
