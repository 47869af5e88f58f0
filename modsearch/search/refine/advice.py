"""Advice: what single swaps of a network do, measured or as the search's model predicts them."""

from collections.abc import Sequence
from functools import partial
from math import log

from modsearch.analysis import FrontPoint, SwapInfo, scored_points, swap_info
from modsearch.architecture import Architecture
from modsearch.search.propose.ehvi import Prediction, network_pool
from modsearch.search.refine.report import evidence_of
from modsearch.search.store.remeasurement_log import reported
from modsearch.search.store.study import Study
from modsearch.space import StudySpec
from modsearch.statistic.contrast import Estimate

FEWEST_LEARNT = 30
"""Networks of the space that the search has scored: with fewer, the model's intervals hold less than 90 % of what is
then measured (benchmarks/swap_prediction.py)."""


def swap_advice(study: Study, network: Architecture) -> SwapInfo:
    """What is known of the swaps of a network.

    Args:
        study: opened for reading.
        network: one of the study's.
    """
    trials, spec = reported(study)
    points = [point for point in scored_points(trials) if point.architecture in spec.space]
    predict = partial(_predicted, spec, points) if len(points) >= FEWEST_LEARNT else None
    return swap_info(network, evidence_of(study), spec, predict)


def _predicted(
    spec: StudySpec, points: Sequence[FrontPoint], network: Architecture, others: Sequence[Architecture]
) -> list[tuple[Estimate, Estimate]]:
    """Differences in accuracy and in log cost, by a model of each that learns from these points."""
    pool = network_pool(spec.space, spec.seed)
    accuracies = [(point.architecture, point.scores["accuracy"].value) for point in points]
    log_costs = [(point.architecture, log(point.scores[spec.cost].value)) for point in points]
    models = [Prediction(spec.space, pool, values) for values in (accuracies, log_costs)]
    of_accuracy, of_cost = (model.differences(network, others) for model in models)
    return list(zip(of_accuracy, of_cost, strict=True))
