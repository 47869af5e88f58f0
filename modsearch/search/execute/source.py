"""Source: where the tasks of a loop come from, and who enters what comes of them."""

from collections.abc import Set
from typing import Literal, Protocol

from modsearch.record import Score, Trial
from modsearch.search.execute.assignment import Assignment, Outcome

Ending = Literal["trials", "hours", "plateau", "exhausted"]
"""Why there are no more tasks: networks, hours, gain an hour, or there is nothing left to try."""


class Source(Protocol):
    """Hands out tasks one after the other. The loop and its executors know no other difference between sources.

    Attributes:
        ending: why there are no more; None while there may be.
        is_waiting: nothing is handed out or out, and what is left is with other drivers.
    """

    ending: Ending | None
    is_waiting: bool

    @property
    def is_known(self) -> bool:
        """Whether the network of the next task need not be measured, as far as that can be told without asking."""

    def next(self) -> Assignment | None:
        """The next task, with the trial that stands for it; None where there is none, or none yet."""

    def keep(self, number: int, score: Score) -> None:
        """Keep what is known of a trial's network before it is trained."""

    def take(self, outcome: Outcome) -> Trial:
        """Enter what came of a task; returns its trial as the record has it."""

    def settled(self) -> Set[str]:
        """The keys of the tasks that need no further training."""
