"""Away: timings on other machines, which networks that are trained here may have to wait for."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from modsearch.architecture import Architecture
from modsearch.record import Score, violations
from modsearch.search.error import SearchFailed, SettingFailed, one_line
from modsearch.search.execute.assignment import Outcome
from modsearch.search.retime.hosts import Hosts, NotTimed

_MAX_WAITING = 4


class Away:
    """What machines were asked for, by the number of a trial, and the trained networks that wait for it.

    A network is timed there while it is trained here. Where nothing lives on other machines, nothing waits.

    Args:
        hosts: the machines.
    """

    def __init__(self, hosts: Hosts) -> None:
        self.hosts = hosts
        self._networks: dict[int, Architecture] = {}
        self._timed: dict[int, Score] = {}
        self._waiting: dict[int, Outcome] = {}

    @property
    def is_in_use(self) -> bool:
        """Whether networks are timed on other machines."""
        return bool(self.hosts.spec.timed_elsewhere)

    @property
    def is_full(self) -> bool:
        """Whether so many trained networks wait that no other one should be begun."""
        num_training = len(self._networks) - len(self._waiting)
        return len(self._waiting) > _MAX_WAITING + num_training

    @property
    def is_waiting(self) -> bool:
        """Whether a trained network waits."""
        return bool(self._waiting)

    def ask(self, number: int, architecture: Architecture) -> None:
        """Have the network of a trial timed."""
        self._networks[number] = architecture
        self.hosts.request(architecture)

    def timed(self, number: int) -> Score | None:
        """What was timed of it; None while it is not there."""
        return self._timed.get(number)

    def look(self) -> Iterator[tuple[int, Score]]:
        """What came in since the last look. A failure is told once the network is trained."""
        for number, architecture in self._networks.items() if self.is_in_use else ():
            if number not in self._timed:
                with suppress(NotTimed, SearchFailed, ValueError):
                    found = self.hosts.found(architecture)
                    if found is not None:
                        self._timed[number] = found
                        yield number, found

    def completed(self, outcome: Outcome) -> Outcome | None:
        """The outcome of a trained network with what was timed; None where it must wait: ``ready`` gives it later.

        Raises:
            SettingFailed: a machine is away for good, or lacks what the deployment needs.
        """
        architecture = self._networks.get(outcome.number)
        if architecture is None:  # it was known already
            return outcome
        try:
            timed = self.hosts.found(architecture)
        except NotTimed as error:
            return replace(outcome, state="failed", score=None, reason=one_line(error), weights=b"")
        except (SearchFailed, ValueError) as error:
            raise SettingFailed(str(error)) from error
        if timed is None:
            self._waiting[outcome.number] = replace(outcome, weights=b"")
            return None
        assert outcome.score is not None
        score = outcome.score.merged(timed)
        if violated := violations(architecture, score, self.hosts.spec):  # a curve would say that it was screened
            score = score.model_copy(update={"learning_curve": ()})
            return replace(outcome, score=score, state="pruned", reason="; ".join(violated))
        return replace(outcome, score=score)

    def ready(self) -> Iterator[Outcome]:
        """The trained networks that wait no longer. Raises as ``completed``."""
        for outcome in list(self._waiting.values()):
            if (completed := self.completed(outcome)) is not None:
                yield completed

    def forget(self, number: int) -> None:
        """Its trial has ended."""
        self._waiting.pop(number, None)
        self._timed.pop(number, None)
        architecture = self._networks.pop(number, None)
        if architecture is not None:
            self.hosts.forget(architecture)
