"""Remeasurement: what a front rests on is timed again where its timing ended before it was precise."""

import time
from collections.abc import Iterator

from modsearch.architecture import Architecture
from modsearch.record import Missed, Remeasurement, uncertain
from modsearch.search.error import SearchFailed, one_line
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
    if not study.is_leader():
        return
    end_s = time.monotonic() + _MOST_TIMINGS * study.spec.timing.seconds
    tried = {(remeasurement.architecture_id, remeasurement.place) for remeasurement in own_remeasurements(study)}
    while pair := next((candidate for candidate in due(study) if (candidate[0].id, candidate[1]) not in tried), None):
        network, place = pair
        tried.add((network.id, place))
        try:
            [result] = time_at(study, place, [network], measure_at)
        except SearchFailed as error:
            yield Missed(architecture_id=network.id, place=place, reason=one_line(error))
            return  # the others would wait for the same machine
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
    while pair := next((candidate for candidate in due(study) if (candidate[0].id, candidate[1]) not in tried), None):
        network, place = pair
        tried.add((network.id, place))
        yield from time_at(study, place, [network], measure_at)


def is_busy(result: Result) -> bool:
    """Whether others kept the processors from the network that was timed."""
    return isinstance(result, Remeasurement) and any(timing.ending == "busy" for timing in result.score.timed.values())


def due(study: Study) -> Iterator[tuple[Architecture, str]]:
    """What the front rests on, timed less precisely than asked for, each with the deployment.

    Without those that were timed by a probe on another machine than the search's: their latencies would not compare.
    """
    trials, spec = reported(study)
    first = [trial for trial in trials if trial.architecture and trial.score and not trial.is_repeat]
    where = {trial.architecture.id: trial.score.metrics for trial in first if trial.architecture and trial.score}
    for network, place in uncertain(trials, spec):
        name = deployed_name("relative_latency", place, spec.deployments)
        if where[network.id][name].environment == study.header.environments.get(name):
            yield network, place
