"""Latency of networks beside each other, in one process and in turn, so that all meet the same machine."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

import numpy as np
import torch
from scipy.stats import binom
from torch import nn

from modsearch.architecture import Architecture
from modsearch.models import build
from modsearch.models.runtime import Run, deploy
from modsearch.record import Environment, Measurement, Timed
from modsearch.scoring.environment import current_environment, pinned_threads, torch_device
from modsearch.space import METRICS, Deployment, TimingProtocol

PROTOCOL = TimingProtocol()
NUM_ROUNDS = 30
MIN_ROUNDS = 6  # of fewer values even the whole range is no 95 % interval of their median
_WARM_UP_S = 0.3
_SAMPLE_S = 0.02
_MAX_CALLS = 200


@dataclass(frozen=True)
class Timing:
    """Times of networks that were taken in turn.

    Attributes:
        times_ms: name of a network -> one tuple a fresh process -> milliseconds a batch, one value a round; processes
            and rounds are the same for all networks.
        environment: where.
        ending: see ``Timed``.
        peak_memory_mb: name of a network -> what it adds to the memory of its process or GPU at most.
    """

    times_ms: Mapping[str, tuple[tuple[float, ...], ...]]
    environment: Environment
    ending: Literal["precise", "budget", "rounds"] = "rounds"
    peak_memory_mb: Mapping[str, float] = field(default_factory=dict)

    def log_ratios(self, name: str, reference: str) -> tuple[tuple[float, ...], ...]:
        """log(network / reference) of each process and round."""
        processes = zip(self.times_ms[name], self.times_ms[reference], strict=True)
        return tuple(tuple(math.log(a / b) for a, b in zip(*pair, strict=True)) for pair in processes)

    def relative_latency(self, name: str, reference: str) -> Measurement:
        """The median of network / reference over the rounds."""
        rounds = tuple(chain(*self.log_ratios(name, reference)))
        return self._measured("relative_latency", tuple(math.exp(each) for each in median_interval(rounds)))

    def latency_ms(self, name: str) -> Measurement:
        """The median of a network's milliseconds a batch."""
        return self._measured("latency_ms", median_interval(tuple(chain(*self.times_ms[name]))))

    def latency_p90_ms(self, name: str) -> Measurement:
        """The 90th percentile of them."""
        return self._measured("latency_p90_ms", _quantile_interval(tuple(chain(*self.times_ms[name])), 0.9))

    def metrics(self, name: str, reference: str) -> dict[str, Measurement]:
        """All that is measured of one network, by the names of the metrics."""
        return {
            "relative_latency": self.relative_latency(name, reference),
            "latency_ms": self.latency_ms(name),
            "latency_p90_ms": self.latency_p90_ms(name),
        }

    def timed(self, name: str, reference: str) -> Timed:
        """How that came about."""
        return Timed(log_ratios=self.log_ratios(name, reference), ending=self.ending)

    def _measured(self, metric: str, interval: tuple[float, ...]) -> Measurement:
        value, low, high = interval
        return Measurement(
            value=value,
            low=low,
            high=high,
            num_samples=sum(map(len, next(iter(self.times_ms.values())))),
            unit=METRICS[metric].unit,
            environment=self.environment,
        )


def time_networks(
    networks: Mapping[str, Architecture], deployment: Deployment, protocol: TimingProtocol = PROTOCOL
) -> Timing:
    """Time networks at a deployment, by the names that the timing will use.

    Raises:
        ValueError: this machine does not have the device, its dtype or the runtime.
    """
    models = {name: build_target(network, deployment) for name, network in networks.items()}
    return time_in_turn(models, deployment, max_s=protocol.seconds)


def build_target(architecture: Architecture, deployment: Deployment) -> nn.Module:
    """The target with weights that do not depend on what was built before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(architecture, deployment.num_classes, deployment.image_size).eval()


def time_in_turn(
    models: Mapping[str, nn.Module], deployment: Deployment, num_rounds: int = NUM_ROUNDS, max_s: float = math.inf
) -> Timing:
    """Time networks round by round, each round beginning with the next one of them.

    All run with batch norm folded, in the memory format that suits the device, on the same random-normal images. The
    caller's modules are not changed. A sample is the mean of as many calls as fill about 20 ms; warm-up lasts until
    each has run for 0.3 s. CUDA is timed by events.

    Args:
        models: by the names that the timing will use.
        deployment: batch, device and threads; its ``num_classes`` is not read.
        num_rounds: at most.
        max_s: no further round begins after this many seconds of rounds, but there are ``MIN_ROUNDS`` in any case, or
            ``num_rounds`` where that is less.

    Raises:
        ValueError: this machine does not have the device.
    """
    device = torch_device(deployment.device, "deployment.device")
    with pinned_threads(deployment.threads), torch.inference_mode():
        size = deployment.image_size
        generator = torch.Generator().manual_seed(0)
        x_BCHW = torch.randn(deployment.batch_size, 3, size, size, generator=generator)
        runs = {name: deploy(model, deployment, x_BCHW) for name, model in models.items()}
        num_calls = {name: _warm_up(run, device) for name, run in runs.items()}
        times_ms: dict[str, list[float]] = {name: [] for name in runs}
        names, start = tuple(runs), time.perf_counter()
        for index in range(num_rounds):
            if index >= MIN_ROUNDS and time.perf_counter() - start > max_s:
                break
            first = index % len(names)
            for name in names[first:] + names[:first]:
                times_ms[name].append(_sample_ms(runs[name], num_calls[name], device))
        return Timing({name: (tuple(each),) for name, each in times_ms.items()}, current_environment(device))


def median_interval(values: tuple[float, ...], confidence: float = 0.95) -> tuple[float, float, float]:
    """Median, and the order statistics that enclose the true one with this confidence (binomial, distribution-free)."""
    ordered = np.sort(values)
    rank = int(binom.ppf((1 - confidence) / 2, len(ordered), 0.5))
    low = max(rank - 1, 0)
    return float(np.median(ordered)), float(ordered[low]), float(ordered[len(ordered) - 1 - low])


def _quantile_interval(values: tuple[float, ...], quantile: float) -> tuple[float, float, float]:
    """A quantile, and the order statistics that enclose the true one with 95 %, or as well as few values can."""
    ordered = np.sort(values)
    last = len(ordered) - 1
    low = max(int(binom.ppf(0.025, len(ordered), quantile)) - 1, 0)
    high = min(int(binom.ppf(0.975, len(ordered), quantile)), last)
    return float(np.quantile(ordered, quantile)), float(ordered[low]), float(ordered[high])


def _warm_up(run: Run, device: torch.device) -> int:
    """Run for a while; returns how many calls make a sample of about 20 ms."""
    start, num_calls = time.perf_counter(), 0
    while time.perf_counter() - start < _WARM_UP_S or num_calls < 2:
        run()
        num_calls += 1
    call_ms = _sample_ms(run, 2, device)
    return max(1, min(_MAX_CALLS, round(1e3 * _SAMPLE_S / call_ms)))


def _sample_ms(run: Run, num_calls: int, device: torch.device) -> float:
    """Mean milliseconds of a call."""
    if device.type == "cuda":
        return _sample_cuda_ms(run, num_calls, device)
    start = time.perf_counter()
    for _ in range(num_calls):
        run()
    return (time.perf_counter() - start) * 1e3 / num_calls


def _sample_cuda_ms(run: Run, num_calls: int, device: torch.device) -> float:
    with torch.cuda.device(device):  # events are recorded on the current device
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
        begin.record()
        for _ in range(num_calls):
            run()
        end.record()
        torch.cuda.synchronize()
    return float(begin.elapsed_time(end)) / num_calls
