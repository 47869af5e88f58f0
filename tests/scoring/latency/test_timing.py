"""What follows from the times of several processes."""

import math

import pytest

from modsearch.record import Environment
from modsearch.scoring import Timing
from modsearch.scoring.latency.job import Rounds

HERE = Environment(device="Processor A", threads=2, software="torch 2.11")


def test_log_ratios_are_of_candidate_over_reference_in_each_process() -> None:
    timing = Timing({"a": ((2.0, 1.0), (3.0,)), "b": ((1.0, 4.0), (1.0,))}, HERE)
    assert timing.log_ratios("a", "b") == (pytest.approx((math.log(2), -math.log(4))), pytest.approx((math.log(3),)))
    assert timing.log_ratios("b", "a")[1] == pytest.approx((-math.log(3),))


def test_relative_latency_is_the_median_of_the_rounds_ratios() -> None:
    # the ratios are 2, 4, 1/2; the ratio of the medians would be 2 / 3
    timing = Timing({"a": ((2.0, 12.0, 2.0),), "b": ((1.0, 3.0, 4.0),)}, HERE)
    found = timing.relative_latency("a", "b")
    assert found.value == pytest.approx(2)
    assert found.low < 2 < found.high
    assert (found.num_samples, found.unit, found.environment) == (3, "x reference", HERE)


def test_p50_and_p90_are_of_all_calls() -> None:
    calls = (((1.0, 2.0), (3.0, 4.0, 5.0)), ((6.0, 7.0), (8.0,), (9.0, 10.0, 11.0)))
    timing = Timing({"a": ((1.5, 4.0), (6.5, 8.0, 10.0))}, HERE, calls_ms={"a": calls})
    assert timing.latency_ms("a").value == pytest.approx(6)
    assert timing.latency_p90_ms("a").value == pytest.approx(10)
    for found in (timing.latency_ms("a"), timing.latency_p90_ms("a")):
        assert found.low < found.value < found.high
        assert (found.unit, found.num_samples) == ("ms", 5)


def test_a_round_without_calls_is_one() -> None:
    timing = Timing({"a": (tuple(map(float, range(1, 6))), tuple(map(float, range(6, 12))))}, HERE)
    assert (timing.latency_ms("a").value, timing.latency_p90_ms("a").value) == (pytest.approx(6), pytest.approx(10))


def test_joined_keeps_each_process_apart() -> None:
    first = Rounds(
        times_ms={"a": (1.0, 2.0), "b": (3.0, 4.0)},
        calls_ms={"a": ((1.0,), (1.5, 2.5)), "b": ((3.0,), (4.0,))},
        environment=HERE,
        clock_mhz=(2000.0, 2050.0),
        temperature_c=(40.0, 41.0),
        peak_memory_mb={"a": 7.0},
    )
    second = Rounds(
        times_ms={"a": (5.0,), "b": (6.0,)},
        calls_ms={"a": ((5.0,),), "b": ((6.0,),)},
        environment=HERE,
        clock_mhz=(1990.0, 2000.0),
    )
    timing = Timing.joined([first, second], "budget", 1)
    assert timing.times_ms == {"a": ((1.0, 2.0), (5.0,)), "b": ((3.0, 4.0), (6.0,))}
    assert timing.calls_ms == {"a": (((1.0,), (1.5, 2.5)), ((5.0,),)), "b": (((3.0,), (4.0,)), ((6.0,),))}
    assert timing.peak_memory_mb == {"a": (7.0,)}
    timed = timing.timed("a", "b")
    assert (timed.ending, timed.num_repeated) == ("budget", 1)
    assert (timed.clock_mhz, timed.temperature_c) == ((1990.0, 2050.0), (40.0, 41.0))
    assert timed.log_ratios == timing.log_ratios("a", "b")
    assert Timing.joined([second]).timed("a", "b").temperature_c is None


def test_memory_is_a_metric_only_where_it_was_read() -> None:
    times = {"a": ((1.0,),), "b": ((2.0,),)}
    timing = Timing(times, HERE, peak_memory_mb={"a": (7.0, 8.0)})
    found = timing.metrics("a", "b")["peak_memory_mb"]
    assert (found.value, found.low, found.high, found.num_samples, found.unit) == (8, 7, 8, 2, "MB")
    assert set(timing.metrics("b", "a")) == {"relative_latency", "latency_ms", "latency_p90_ms"}
