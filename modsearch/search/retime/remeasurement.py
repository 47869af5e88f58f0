"""Remeasurement: what a front rests on is timed again where its timing ended before it was precise."""

import time
from collections.abc import Iterator

from modsearch.architecture import Architecture
from modsearch.record import Missed, Remeasurement, uncertain
from modsearch.search.error import one_line
from modsearch.search.retime.timing import MeasureAt, Result, time_at
from modsearch.search.store.remeasurement_log import own_remeasurements, reported
from modsearch.search.store.study import Study
from modsearch.space import deployed_name

_MOST_TIMINGS = 10


def remeasure(study: Study, measure_at: MeasureAt) -> Iterator[Result]:
    """Time again, at the end of a search, what its front rests on; what comes of it is kept beside the trials.

    Each network is timed again once in the life of a study; ``insist`` does it as often as it is asked. As one comes
    out, others may turn out to be members, and then it is their turn. It ends early where the machine is busy, because
    nothing would be more precise than before, and after the time of ten timings (``timing.seconds``). Of several
    drivers of a study one does it, for two would disturb each other.

    Args:
        study: opened for writing.
        measure_at: scores a network at one of the study's deployments.
    """
    if study.claims.driver != min(study.claims.living(), default=study.claims.driver):
        return
    end_s = time.monotonic() + _MOST_TIMINGS * study.spec.timing.seconds
    tried = {(each.architecture_id, each.place) for each in own_remeasurements(study)}
    while pair := next((each for each in due(study) if (each[0].id, each[1]) not in tried), None):
        network, place = pair
        tried.add((network.id, place))
        try:
            [result] = time_at(study, place, [network], measure_at)
        except ValueError as error:  # the search has its front, whatever this one meets
            result = Missed(architecture_id=network.id, place=place, reason=one_line(error))
        yield result
        if is_busy(result) or time.monotonic() >= end_s:
            return


def insist(study: Study, measure_at: MeasureAt) -> Iterator[Result]:
    """The same because it was asked for: each network once more, whatever was tried before and however long it takes.

    Raises:
        ValueError: the machine is another one than the study's, or lacks what its deployments need.
    """
    tried: set[tuple[str, str]] = set()
    while pair := next((each for each in due(study) if (each[0].id, each[1]) not in tried), None):
        network, place = pair
        tried.add((network.id, place))
        yield from time_at(study, place, [network], measure_at)


def is_busy(result: Result) -> bool:
    """Whether others kept the processors from the network that was timed."""
    return isinstance(result, Remeasurement) and any(each.ending == "busy" for each in result.score.timed.values())


def due(study: Study) -> Iterator[tuple[Architecture, str]]:
    """What the front rests on, timed less precisely than asked for, each with the deployment.

    Without those that were timed by a probe on another machine than the search's: their latencies would not compare.
    """
    trials, spec = reported(study)
    first = [each for each in trials if each.architecture and each.score and not each.is_repeat]
    where = {each.architecture.id: each.score.metrics for each in first if each.architecture and each.score}
    for network, place in uncertain(trials, spec):
        name = deployed_name("relative_latency", place, spec.deployments)
        if where[network.id][name].environment == study.header.environments.get(name):
            yield network, place
