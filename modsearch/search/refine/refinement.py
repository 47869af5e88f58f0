"""Refinement: what is to be trained anew, and what has been."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

from modsearch.record import Planned, Refined, RefinementPlan, Score

MAX_FAILURES = 2
"""So often a network may fail before it is left alone, until the next start."""

Training = tuple[str, int]
"""A network's id and its replicate."""


@dataclass(frozen=True)
class Refinement:
    """What is to be done.

    Attributes:
        plan: the networks, and how each is trained.
        costs: the metrics that are traded against accuracy; by the first, networks are called equally expensive.
        seeds: how often each is trained at most, at least 2.
        hours: of training, added up over workers and starts, after which no further one begins; None for no limit.
        scores: what the search knows, by the network's id, as it is reported.
        measured: what was measured of other networks since.
    """

    plan: RefinementPlan
    costs: tuple[str, ...]
    seeds: int
    hours: float | None = None
    scores: Mapping[str, Score] = field(default_factory=dict)
    measured: Mapping[str, Score] = field(default_factory=dict)

    @cached_property
    def networks(self) -> Mapping[str, Planned]:
        """Those of the plan by their ids, which take a while to compute."""
        return {network.id: network for network in self.plan.networks}

    @cached_property
    def candidates(self) -> Set[str]:
        """The networks that may belong on the front."""
        roles = {"member", "near", "chosen", "published"}
        return {name for name, network in self.networks.items() if not roles.isdisjoint(network.roles)}

    @cached_property
    def compared(self) -> Set[str]:
        """The networks that have all seeds, so that pairs stay pairs.

        Those that the primary test is about, the ladder that these are held against, controls and what they control.
        """
        found = {name for network in self.networks.values() for name in network.control_of}
        for name, network in self.networks.items():
            is_light_member = "member" in network.roles and network.architecture.num_light_blocks > 0
            if is_light_member or network.control_of or "ladder" in network.roles:
                found.add(name)
        return found

    def is_known(self, score: Score | None) -> bool:
        """Whether all is measured that is traded against accuracy."""
        return score is not None and set(self.costs) <= score.metrics.keys()


class Trainings:
    """What was trained, is being trained, and failed.

    Args:
        refinement: what is to be done.
        results: what earlier starts trained.

    Attributes:
        results: of this plan.
        known: what is known of networks without training them, by their ids.
        out: number of a trial -> what is being trained.
        failures: how often a network failed in this start.
    """

    def __init__(self, refinement: Refinement, results: Sequence[Refined]) -> None:
        self.refinement, self.results = refinement, list(results)
        self.known = {name: score.untrained() for name, score in {**refinement.measured, **refinement.scores}.items()}
        self.out: dict[int, Training] = {}
        self.failures: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._taken: set[Training] = set()
        for result in self.results:
            self._enter(result)

    @property
    def seconds(self) -> float:
        """Of all that was trained."""
        return sum(result.seconds for result in self.results)

    def num(self, name: str) -> int:
        """How often a network was trained, or is being."""
        return self._done[name] + sum(other == name for other, _ in self.out.values())

    def missing(self, targets: Mapping[str, int]) -> Iterator[Training]:
        """What networks lack of so many trainings, one replicate after the other.

        A network that is being measured is waited for, and one that failed too often is left alone.
        """
        out = {name for name, _ in self.out.values()}
        for replicate in range(1, max(targets.values(), default=0) + 1):
            for name in self.refinement.networks:
                is_waited_for = name in out and not self.is_known(name)
                if targets.get(name, 0) < replicate or is_waited_for or self.failures[name] >= MAX_FAILURES:
                    continue
                if (name, replicate) not in self._taken:
                    yield name, replicate

    def is_known(self, name: str) -> bool:
        """Whether a network need not be measured."""
        return self.refinement.is_known(self.known.get(name))

    def begin(self, number: int, training: Training) -> None:
        """It is handed out."""
        self.out[number] = training
        self._taken.add(training)

    def measured(self, number: int, score: Score) -> None:
        """Something is known of the network of a trial."""
        name, _ = self.out[number]
        before = self.known.get(name)
        self.known[name] = score.untrained() if before is None else before.merged(score.untrained())

    def end(self, number: int, result: Refined | None) -> None:
        """It was trained, or failed."""
        name, _ = self.out.pop(number)
        if result is None:
            self.failures[name] += 1
        else:
            self.results.append(result)
            self._enter(result)

    def is_stored(self, name: str) -> bool:
        """Whether what is known of a network without training it lies in the record."""
        if self.refinement.is_known(self.refinement.scores.get(name)):
            return True
        own = (result.score for result in self.results if result.task.architecture.id == name)
        return any(map(self.refinement.is_known, own))

    def _enter(self, result: Refined) -> None:
        name = result.task.architecture.id
        self._done[name] += 1
        self._taken.add((name, result.task.replicate))
        if not self.is_known(name) and self.refinement.is_known(result.score):
            self.known[name] = result.score.untrained()
