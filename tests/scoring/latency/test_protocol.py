"""When timing ends, with processes that give the times of a table. No test asserts a time."""

from collections.abc import Callable, Iterator

import pytest
import torch

from modsearch.record import Environment
from modsearch.scoring import Timing, time_networks
from modsearch.scoring.latency import protocol
from modsearch.scoring.latency.job import Job, Rounds
from modsearch.space import Deployment, TimingProtocol
from tests.models.tiny import tiny
from tests.scoring.conftest import DEPLOYMENT

WHERE = Environment(device="Processor A", threads=1, software="torch 2")
NETWORKS = {name: tiny("resnet_basic", "standard") for name in ("a", "b", "r")}
QUIET, LOUD = (1.0, 1.001, 0.999), (1.0, 3.0, 0.3)
Measure = Callable[[int], Rounds]


class Clock:
    """A clock that a process moves by ten seconds."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(protocol, "time", clock)
    return clock


def times(measure: Measure, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Callable[..., Timing]:
    """``time_networks`` where this measures instead of fresh processes."""

    def run_fresh(job: Job) -> Rounds:
        clock.now_s += 10
        return measure(job.number)

    monkeypatch.setattr(protocol, "run_fresh", run_fresh)
    return lambda **changes: time_networks(NETWORKS, DEPLOYMENT, TimingProtocol(**changes))


def rounds(
    a: tuple[float, ...] = QUIET, clock_mhz: tuple[float, float] = (2000.0, 2000.0), waited: float | None = None
) -> Rounds:
    times_ms = {"a": a, "b": (1.0,) * len(a), "r": (1.0,) * len(a)}
    return Rounds(times_ms=times_ms, calls_ms={}, environment=WHERE, clock_mhz=clock_mhz, waited=waited)


def test_quiet_networks_end_after_the_least_number_of_processes(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    numbers: list[int] = []
    run = times(lambda number: (numbers.append(number), rounds())[1], monkeypatch, clock)
    timing = run(processes=4, seconds=60)
    assert timing.ending == "precise"
    assert numbers == [0, 1, 2, 3]  # each process is told another number, and so draws another order
    assert [len(processes) for processes in timing.times_ms.values()] == [4, 4, 4]


def test_a_wide_interval_of_any_pair_asks_for_more(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    run = times(lambda number: rounds((1.2, 1.21, 1.19) if number == 0 else QUIET), monkeypatch, clock)
    timing = run(seconds=1000)
    assert timing.ending == "precise"
    assert len(timing.times_ms["a"]) > 3
    assert timing.relative_latency("a", "r").half_width < 0.03


def test_spent_time_ends_it_too(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    run = times(lambda _: rounds(LOUD), monkeypatch, clock)
    assert [len(run(seconds=seconds).times_ms["a"]) for seconds in (0, 30, 31, 60)] == [3, 3, 4, 6]
    assert run(seconds=0).ending == "budget"


@pytest.mark.parametrize(
    ("waited", "ending", "num_processes"),
    [
        ([0.5, 0.5, 0.5, 0.5], "busy", 3),
        ([0.5, 0.05, 0.5, 0.5], "busy", 3),
        ([0.5, 0.05, 0.05, 0.05, 0.05, 0.05], "budget", 6),  # for a moment
        ([0.05, 0.05, 0.05, 0.5, 0.5, 0.5], "budget", 6),  # not in most of them
        ([0.05, 0.05, 0.5, 0.5, 0.5, 0.5], "busy", 5),
        ([None] * 6, "budget", 6),
    ],
)
def test_it_ends_where_others_kept_the_processors_from_most_processes(
    waited: list[float | None], ending: str, num_processes: int, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    timing = times(lambda number: rounds(LOUD, waited=waited[number]), monkeypatch, clock)(seconds=60)
    assert (timing.ending, len(timing.times_ms["a"])) == (ending, num_processes)
    assert timing.timed("a", "r").ending == ending


def test_what_is_precise_is_precise_on_a_busy_machine_too(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    assert times(lambda _: rounds(QUIET, waited=0.5), monkeypatch, clock)().ending == "precise"


def test_only_the_pairs_that_were_asked_for_count(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    times(lambda _: rounds(LOUD), monkeypatch, clock)
    timing = time_networks(NETWORKS, DEPLOYMENT, TimingProtocol(seconds=60), pairs=[("b", "r")])
    assert (timing.ending, len(timing.times_ms["a"])) == ("precise", 3)


def test_a_narrower_interval_is_wanted_on_a_gpu(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    times(lambda _: rounds((1.0, 1.01, 0.99)), monkeypatch, clock)
    gpu = DEPLOYMENT.model_copy(update={"device": "cuda"})
    assert time_networks(NETWORKS, DEPLOYMENT, TimingProtocol(seconds=0)).ending == "precise"
    assert time_networks(NETWORKS, gpu, TimingProtocol(seconds=0)).ending == "budget"


def moving(steady: Iterator[bool]) -> Measure:
    return lambda _: rounds(clock_mhz=(2000.0, 2099.0 if next(steady) else 2101.0))


def test_a_process_whose_clock_moved_is_repeated(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    timing = times(moving(iter([True, False, True, False, True])), monkeypatch, clock)()
    assert (timing.num_repeated, len(timing.times_ms["a"]), timing.clock_mhz) == (2, 3, (2000, 2099))


def test_three_are_repeated_at_most(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    timing = times(moving(iter([False] * 6)), monkeypatch, clock)()
    assert (timing.num_repeated, len(timing.times_ms["a"]), timing.clock_mhz) == (3, 3, (2000, 2101))


def test_a_missing_device_is_named_before_any_process_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(protocol, "run_fresh", lambda _: pytest.fail("a process was started"))
    deployment = Deployment(image_size=8, num_classes=10, device="cuda")
    with pytest.raises(ValueError, match=r"deployment\.device must be cpu: this machine has 0 CUDA devices"):
        time_networks(NETWORKS, deployment)
