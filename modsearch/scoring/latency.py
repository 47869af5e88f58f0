"""Latency of networks beside each other, in one process and in turn, so that all meet the same machine."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import binom
from torch import Tensor, nn

from modsearch.models import fold_batch_norm
from modsearch.record import Environment, Measurement
from modsearch.scoring.environment import current_environment, pinned_threads, torch_device
from modsearch.space import METRICS, Deployment

NUM_ROUNDS = 30
MIN_ROUNDS = 6  # of fewer values even the whole range is no 95 % interval of their median
_WARM_UP_S = 0.3
_SAMPLE_S = 0.02
_MAX_CALLS = 200

Run = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Times of networks that were taken in turn.

    Attributes:
        times_ms: name of a network -> milliseconds a batch, one value a round; the rounds are the same for all.
        environment: where.
    """

    times_ms: Mapping[str, tuple[float, ...]]
    environment: Environment

    def log_ratios(self, name: str, reference: str) -> tuple[float, ...]:
        """log(network / reference) of each round."""
        pairs = zip(self.times_ms[name], self.times_ms[reference], strict=True)
        return tuple(math.log(a / b) for a, b in pairs)

    def relative_latency(self, name: str, reference: str) -> Measurement:
        """The median of network / reference over the rounds."""
        log_ratio = median_interval(self.log_ratios(name, reference))
        return self._measured("relative_latency", tuple(math.exp(each) for each in log_ratio))

    def latency_ms(self, name: str) -> Measurement:
        """The median of a network's milliseconds a batch."""
        return self._measured("latency_ms", median_interval(self.times_ms[name]))

    def _measured(self, metric: str, interval: tuple[float, ...]) -> Measurement:
        value, low, high = interval
        return Measurement(
            value=value,
            low=low,
            high=high,
            num_samples=len(next(iter(self.times_ms.values()))),
            unit=METRICS[metric].unit,
            environment=self.environment,
        )


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
        x_BCHW = torch.randn(deployment.batch_size, 3, size, size, generator=generator).to(device)
        runs = {name: _prepare(model, x_BCHW) for name, model in models.items()}
        num_calls = {name: _warm_up(run, device) for name, run in runs.items()}
        times_ms: dict[str, list[float]] = {name: [] for name in runs}
        names, start = tuple(runs), time.perf_counter()
        for index in range(num_rounds):
            if index >= MIN_ROUNDS and time.perf_counter() - start > max_s:
                break
            first = index % len(names)
            for name in names[first:] + names[:first]:
                times_ms[name].append(_sample_ms(runs[name], num_calls[name], device))
        return Timing({name: tuple(each) for name, each in times_ms.items()}, current_environment(device))


def median_interval(values: tuple[float, ...], confidence: float = 0.95) -> tuple[float, float, float]:
    """Median, and the order statistics that enclose the true one with this confidence (binomial, distribution-free)."""
    ordered = np.sort(values)
    rank = int(binom.ppf((1 - confidence) / 2, len(ordered), 0.5))
    low = max(rank - 1, 0)
    return float(np.median(ordered)), float(ordered[low]), float(ordered[len(ordered) - 1 - low])


def _prepare(model: nn.Module, x_BCHW: Tensor) -> Run:
    """A call of the deployed form on the images."""
    deployed = fold_batch_norm(model).to(x_BCHW.device)
    if x_BCHW.device.type == "cuda":
        deployed, x_BCHW = deployed.to(memory_format=torch.channels_last), x_BCHW.to(memory_format=torch.channels_last)
    return lambda: deployed(x_BCHW)


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
