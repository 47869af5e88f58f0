"""A network at each of its deployments."""

import pytest

from modsearch.analysis import deployed_networks
from modsearch.record import Measurement, Score
from tests.analysis.small_study import ENVIRONMENT, SAVING, SPEC, TWO_PLACES


def latency(value: float, low: float, high: float) -> Measurement:
    return Measurement(value=value, low=low, high=high, num_samples=30, unit="ms", environment=ENVIRONMENT)


def test_throughput_is_the_batch_over_the_latency_and_its_interval_is_turned_round():
    metrics = {"latency_ms@batch_1": latency(4, 2, 5), "latency_ms@batch_16": latency(8, 4, 10)}
    one, many = deployed_networks(Score(metrics=metrics), TWO_PLACES)
    assert (one.place, many.place) == ("batch_1", "batch_16")
    assert (one.throughput.value, one.throughput.low, one.throughput.high) == (250, 200, 500)
    assert (many.throughput.value, many.throughput.low, many.throughput.high) == (2000, 1600, 4000)
    assert (many.throughput.unit, many.throughput.environment) == ("images/s", ENVIRONMENT)


def test_counts_are_left_out_and_names_are_plain():
    metrics = {"gmacs": Measurement.exact(0.05, "GMACs"), "params": Measurement.exact(9, "parameters")}
    assert deployed_networks(Score(metrics=metrics), SPEC) == ()
    [found] = deployed_networks(Score(metrics=metrics | {"latency_ms": latency(4, 2, 5)}), SPEC)
    assert set(found.measured) == {"latency_ms"}
    [found] = deployed_networks(Score(metrics=metrics, speedups={"cpu": SAVING}), SPEC)
    assert (found.speedup, found.throughput) == (SAVING, None)


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_an_impossible_latency_has_no_throughput(low: float):
    [found] = deployed_networks(Score(metrics={"latency_ms": latency(4, low, 5)}), SPEC)
    assert found.throughput is None
