"""Advice: what single swaps of a network do, measured or as the search's model predicts them."""

from collections.abc import Sequence
from functools import cached_property
from math import log

from modsearch.analysis import SwapInfo, scored_points, swap_info
from modsearch.architecture import Architecture
from modsearch.search.propose.ehvi import Prediction, network_pool
from modsearch.search.refine.report import evidence_of
from modsearch.search.store.remeasurement_log import reported
from modsearch.search.store.study import Study
from modsearch.statistic.contrast import Estimate

FEWEST_LEARNT = 30
"""Networks of the space that the search has scored before its model is asked. On the bench 92 % and more of what was
then measured lies in its 95 % intervals, from 15 networks on (benchmarks/swap_prediction.py)."""


class Adviser:
    """What is known of the swaps of a study's networks.

    Args:
        study: opened for reading.
    """

    def __init__(self, study: Study) -> None:
        trials, self._spec = reported(study)
        self._evidence = evidence_of(study)
        self._points = [point for point in scored_points(trials) if point.architecture in self._spec.space]

    def swaps(self, network: Architecture) -> SwapInfo:
        """Of one of the study's networks."""
        is_believed = len(self._points) >= FEWEST_LEARNT
        return swap_info(network, self._evidence, self._spec, self._predicted if is_believed else None)

    def _predicted(self, network: Architecture, others: Sequence[Architecture]) -> list[tuple[Estimate, Estimate]]:
        """Differences in accuracy and in log cost."""
        of_accuracy, of_cost = (model.differences(network, others) for model in self._models)
        return list(zip(of_accuracy, of_cost, strict=True))

    @cached_property
    def _models(self) -> tuple[Prediction, Prediction]:
        pool = network_pool(self._spec.space, self._spec.seed)
        accuracies = [(point.architecture, point.scores["accuracy"].value) for point in self._points]
        log_costs = [(point.architecture, log(point.scores[self._spec.cost].value)) for point in self._points]
        return Prediction(self._spec.space, pool, accuracies), Prediction(self._spec.space, pool, log_costs)
