"""How long single calls take, by a clock that the calls move: no test asserts a time."""

from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from itertools import cycle

import pytest
import torch
from torch import Tensor

from modsearch.scoring import Timing
from modsearch.scoring.latency import rounds, sample
from modsearch.scoring.latency.job import Job, Rounds
from modsearch.scoring.latency.rounds import run_job
from modsearch.scoring.latency.sample import Pace, sample_ms
from tests.models.tiny import tiny
from tests.scoring.conftest import DEPLOYMENT

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
NETWORK = tiny("resnet_basic", "standard")


class Clock:
    """A clock that stands still but for calls."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.num_looks = 0

    def perf_counter(self) -> float:
        self.num_looks += 1
        return self.now_s

    def call(self, ms: Iterator[float]) -> Tensor:
        self.now_s += next(ms) / 1e3
        return torch.zeros(())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (rounds, sample):
        monkeypatch.setattr(module, "time", clock)
    return clock


def one_call_in_seven() -> Iterator[float]:
    """15 % of the calls take 5 ms, 85 % take 1 ms; none of 20 follows another one."""
    return cycle([5.0 if number % 20 in (0, 7, 13) else 1.0 for number in range(20)])


def test_p50_and_p90_are_of_single_calls(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean of a sample of 20 ms lies near 1.6 ms, whichever calls it has."""
    monkeypatch.setattr(rounds, "with_peak_memory", lambda start, _: (start(), None))
    monkeypatch.setattr(rounds, "deploy", lambda *_: partial(clock.call, one_call_in_seven()))
    processes = [run_job(Job(networks={"a": NETWORK}, deployment=DEPLOYMENT, number=number)) for number in range(3)]
    timing = Timing.joined(processes)
    assert timing.latency_ms("a").value == pytest.approx(1)
    assert timing.latency_p90_ms("a").value == pytest.approx(5)
    assert all(1.2 < time_ms < 2.2 for times in timing.times_ms["a"] for time_ms in times)
    p50, p90 = timing.latency_ms("a"), timing.latency_p90_ms("a")
    assert p50.low <= 1 <= p50.high < p90.low <= 5 <= p90.high


def test_each_call_is_timed_by_itself_with_one_look_at_the_clock(clock: Clock) -> None:
    calls = cycle([1.0, 2.0, 3.0])
    assert sample_ms(lambda: clock.call(calls), Pace(4), CPU) == pytest.approx([1, 2, 3, 1])
    assert clock.num_looks == 5


def test_calls_that_are_too_short_for_the_clock_are_timed_a_few_at_a_time(clock: Clock) -> None:
    pace = Pace.filling(20, 0.009, CPU)
    assert pace == Pace(66, 3)  # 200 calls at most, and a look every 27 us
    calls = cycle([0.006, 0.009, 0.012])
    assert sample_ms(lambda: clock.call(calls), pace, CPU) == pytest.approx([0.009] * 66)


@pytest.mark.parametrize(
    ("call_ms", "device", "pace"),
    [
        (1.6, CPU, Pace(12, 1)),
        (0.09, CPU, Pace(200, 1)),  # so many at most
        (70, CPU, Pace(1, 1)),
        (1e-6, CPU, Pace(1, 200)),
        (0.3, CUDA, Pace(67, 1)),
        (0.15, CUDA, Pace(66, 2)),  # events are exact to half a microsecond, and cost more
    ],
)
def test_a_sample_fills_its_time(call_ms: float, device: torch.device, pace: Pace) -> None:
    assert Pace.filling(20, call_ms, device) == pace


def test_on_cuda_calls_are_timed_between_events(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    class Event:
        def __init__(self, enable_timing: bool) -> None:
            assert enable_timing
            self.at_ms = 0

        def record(self) -> None:
            done.append("event")
            self.at_ms = 7 * done.count("call")

        def elapsed_time(self, end: "Event") -> float:
            return end.at_ms - self.at_ms

    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "device", lambda _: nullcontext())
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: done.append("wait"))
    run = lambda: (done.append("call"), torch.zeros(()))[1]  # noqa: E731
    assert sample_ms(run, Pace(2, 2), CUDA) == [7, 7]
    assert done == ["wait", "event", "call", "call", "event", "call", "call", "event", "wait"]


@pytest.mark.gpu
def test_cuda_is_timed_by_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda.Event, "elapsed_time", lambda *_: 7.0)
    place = DEPLOYMENT.model_copy(update={"device": "cuda"})
    found: Rounds = run_job(Job(networks={"a": NETWORK}, deployment=place))
    assert found.environment.device == torch.cuda.get_device_name()
    assert set(found.times_ms["a"]) == {7.0}
    assert found.peak_memory_mb["a"] > 0
