"""Allotment: which network is trained next."""

from collections.abc import Iterator

import numpy as np

from modsearch.analysis import Evidence
from modsearch.search.refine.refinement import MAX_FAILURES, Refinement, Training, Trainings
from modsearch.statistic.doubt import closest_calls

CLEAR = 3.0
"""Standard errors: a network whose closest call is farther than that is not trained again."""
_FIRST = 2
_ROUND = 6


class Allotment:
    """Each network twice; then, six at a time, those of which it is least clear whether they belong on the front.

    What is compared with each other has all seeds: the members that the primary test is about, the ladder, and networks
    with their controls.

    Args:
        refinement: what is to be done.
    """

    def __init__(self, refinement: Refinement) -> None:
        self._refinement = refinement
        self._round: list[str] = []
        self._looked_at = -1  # so many results there were when doubts were looked at last

    def due(self, trainings: Trainings) -> Iterator[Training]:
        """What is to be trained now, the first one first."""
        yield from trainings.missing(self._targets())
        self._round = [name for name in self._round if self._may_go_on(name, trainings)]
        if not self._round and len(trainings.results) > self._looked_at and not self._is_awaited(trainings):
            self._looked_at = len(trainings.results)
            self._round = self._in_doubt(trainings)
        for name in self._round:
            yield from trainings.missing({name: trainings.num(name) + trainings.failures[name] + 1})

    def begin(self, training: Training) -> None:
        """It was handed out."""
        if training[0] in self._round:
            self._round.remove(training[0])

    def _targets(self) -> dict[str, int]:
        """How often each network is to be trained in any case."""
        compared, seeds = self._refinement.compared, self._refinement.seeds
        return {name: seeds if name in compared else _FIRST for name in self._refinement.networks}

    def _is_awaited(self, trainings: Trainings) -> bool:
        """Whether a candidate is being trained: its result may settle what is in doubt."""
        return any(name in self._refinement.candidates for name, _ in trainings.out.values())

    def _in_doubt(self, trainings: Trainings) -> list[str]:
        """The candidates of which it is least clear whether they belong on the front, as many as are in a round."""
        plan, costs = self._refinement.plan, self._refinement.costs
        evidence = Evidence(plan, trainings.results, trainings.known, plan.fidelity.validation)
        known = [
            name
            for name in self._refinement.networks
            if name in self._refinement.candidates and evidence.is_comparable(name) and trainings.is_known(name)
        ]
        if len(known) < 2:
            return []
        accuracy_M = np.array([evidence.mean(name) for name in known])
        log_cost_KM = np.array([[evidence.log_cost(name, cost)[0] for name in known] for cost in costs])

        def error(one: int, other: int) -> float:
            return evidence.difference(known[one], known[other]).error

        call_M = closest_calls(accuracy_M, log_cost_KM, error)
        order = [known[index] for index in np.argsort(call_M, kind="stable") if call_M[index] < CLEAR]
        return [name for name in order if self._may_go_on(name, trainings)][:_ROUND]

    def _may_go_on(self, name: str, trainings: Trainings) -> bool:
        return trainings.num(name) < self._refinement.seeds and trainings.failures[name] < MAX_FAILURES
