"""Sample: calls of one network back to back, and how long each of them took."""

import time
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import torch

from modsearch.models.runtime import Run

_MAX_CALLS = 200
_LEAST_MS = {"cpu": 0.02, "cuda": 0.2}
"""A hundred times what a look at the clock takes: 0.1 us on a CPU, some 2 us for an event, which is exact to 0.5 us."""


@dataclass(frozen=True)
class Pace:
    """How the calls of a sample are timed.

    Attributes:
        num_spans: stretches of time between two looks at the clock.
        num_calls: calls in each: one, but where a call is so short that the looks would be a part of its time. The
            mean of such a few stands for each of them.
    """

    num_spans: int = 1
    num_calls: int = 1

    @classmethod
    def filling(cls, sample_ms: float, call_ms: float, device: torch.device) -> "Pace":
        """So many calls as fill a sample, where one takes ``call_ms``; but 200 at most."""
        in_all = max(1, min(_MAX_CALLS, round(sample_ms / call_ms)))
        num_calls = min(in_all, ceil(_LEAST_MS[device.type] / call_ms))
        return cls(in_all // num_calls, num_calls)


def sample_ms(run: Run, pace: Pace, device: torch.device) -> list[float]:
    """Milliseconds of a call in each span, one after the other: on CUDA between events on its stream."""
    if device.type == "cuda":
        with torch.cuda.device(device):  # events are recorded on the current device
            return _sample_cuda_ms(run, pace)
    looks = [time.perf_counter()]
    for _ in range(pace.num_spans):
        for _ in range(pace.num_calls):
            run()
        looks.append(time.perf_counter())
    return [1e3 * (end - begin) / pace.num_calls for begin, end in pairwise(looks)]


def _sample_cuda_ms(run: Run, pace: Pace) -> list[float]:
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(pace.num_spans + 1)]  # type: ignore[no-untyped-call]
    torch.cuda.synchronize()
    marks[0].record()
    for mark in marks[1:]:
        for _ in range(pace.num_calls):
            run()
        mark.record()
    torch.cuda.synchronize()
    return [float(begin.elapsed_time(end)) / pace.num_calls for begin, end in pairwise(marks)]
