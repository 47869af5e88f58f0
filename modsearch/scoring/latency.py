"""Latency of a network beside a reference, in one process and in turn, so that both meet the same machine."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import binom
from torch import Tensor, nn

from modsearch.models import fold_batch_norm
from modsearch.record import Environment
from modsearch.scoring.environment import current_environment, pinned_threads, torch_device
from modsearch.space import Deployment

NUM_ROUNDS = 30
_WARM_UP_S = 0.3
_SAMPLE_S = 0.02
_MAX_CALLS = 200

Run = Callable[[], object]


@dataclass(frozen=True)
class PairedTiming:
    """Times of a candidate and of a reference that were taken in turn.

    Attributes:
        candidate_ms: milliseconds a batch, one value a round.
        reference_ms: likewise, of the same rounds.
        environment: where.
    """

    candidate_ms: tuple[float, ...]
    reference_ms: tuple[float, ...]
    environment: Environment

    @property
    def log_ratios(self) -> tuple[float, ...]:
        """log(candidate / reference) of each round."""
        return tuple(math.log(a / b) for a, b in zip(self.candidate_ms, self.reference_ms, strict=True))


def time_pair(
    candidate: nn.Module, reference: nn.Module, deployment: Deployment, num_rounds: int = NUM_ROUNDS
) -> PairedTiming:
    """Time two networks round by round, the order changing with each round.

    Both run with batch norm folded, in the memory format that suits the device, on the same random-normal images. The
    caller's modules are not changed. A sample is the mean of as many calls as fill about 20 ms; warm-up lasts until
    both have run for 0.3 s. CUDA is timed by events.
    """
    device = torch_device(deployment.device, "deployment.device")
    with pinned_threads(deployment.threads), torch.inference_mode():
        size = deployment.image_size
        generator = torch.Generator().manual_seed(0)
        x_BCHW = torch.randn(deployment.batch_size, 3, size, size, generator=generator).to(device)
        runs = tuple(_prepare(model, x_BCHW) for model in (candidate, reference))
        num_calls = tuple(_warm_up(run, device) for run in runs)
        times_ms: tuple[list[float], list[float]] = ([], [])
        for index in range(num_rounds):
            for which in (0, 1) if index % 2 == 0 else (1, 0):
                times_ms[which].append(_sample_ms(runs[which], num_calls[which], device))
        return PairedTiming(tuple(times_ms[0]), tuple(times_ms[1]), current_environment(device))


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
    while time.perf_counter() - start < _WARM_UP_S or num_calls < 3:
        run()
        num_calls += 1
    call_ms = _sample_ms(run, 3, device)
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
