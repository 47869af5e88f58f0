"""Timing: times of networks that were taken beside each other, and what follows from them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, Self

from modsearch.record import Environment, Measurement, Timed
from modsearch.scoring.latency.job import Rounds
from modsearch.space import METRICS
from modsearch.statistic.interval import call_quantile_interval, quantile_interval

Ending = Literal["precise", "budget", "busy", "rounds"]


@dataclass(frozen=True)
class Timing:
    """Times of networks that were taken in the same rounds.

    Attributes:
        times_ms: name of a network -> one tuple a fresh process -> milliseconds a batch, one value a round; processes
            and rounds are the same for all networks.
        environment: where.
        calls_ms: name of a network -> one tuple a fresh process -> one tuple a round -> milliseconds of single calls;
            where a network has none, one call made up each of its rounds.
        ending: see ``Timed``.
        peak_memory_mb: name of a network -> one value a process that read it: what it adds to the memory of its
            process or GPU at most, weights included, in 1e6 bytes.
        num_repeated: see ``Timed``.
        clock_mhz: likewise.
        temperature_c: likewise.
    """

    times_ms: Mapping[str, tuple[tuple[float, ...], ...]]
    environment: Environment
    ending: Ending = "rounds"
    calls_ms: Mapping[str, tuple[tuple[tuple[float, ...], ...], ...]] = field(default_factory=dict)
    peak_memory_mb: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    num_repeated: int = 0
    clock_mhz: tuple[float, float] | None = None
    temperature_c: tuple[float, float] | None = None

    @classmethod
    def joined(cls, processes: Sequence[Rounds], ending: Ending = "rounds", num_repeated: int = 0) -> Self:
        """What one or more processes measured of the same networks."""
        memory = {
            name: found
            for name in processes[0].times_ms
            if (found := tuple(process.peak_memory_mb[name] for process in processes if name in process.peak_memory_mb))
        }
        return cls(
            times_ms={name: tuple(process.times_ms[name] for process in processes) for name in processes[0].times_ms},
            environment=processes[0].environment,
            calls_ms={name: tuple(process.calls_ms[name] for process in processes) for name in processes[0].calls_ms},
            ending=ending,
            peak_memory_mb=memory,
            num_repeated=num_repeated,
            clock_mhz=_span([process.clock_mhz for process in processes]),
            temperature_c=_span([process.temperature_c for process in processes]),
        )

    def log_ratios(self, name: str, reference: str) -> tuple[tuple[float, ...], ...]:
        """log(network / reference) of each process and round."""
        processes = zip(self.times_ms[name], self.times_ms[reference], strict=True)
        return tuple(tuple(math.log(a / b) for a, b in zip(*pair, strict=True)) for pair in processes)

    def relative_latency(self, name: str, reference: str) -> Measurement:
        """The median of network / reference over the rounds, with an interval over rounds and processes."""
        ratios = self.log_ratios(name, reference)
        return self._measured("relative_latency", quantile_interval(ratios), sum(map(len, ratios)))

    def latency_ms(self, name: str) -> Measurement:
        """The median of a network's milliseconds a batch over its single calls, p50; ``num_samples`` are the rounds."""
        return self._quantile("latency_ms", name, 0.5)

    def latency_p90_ms(self, name: str) -> Measurement:
        """The 90th percentile of them."""
        return self._quantile("latency_p90_ms", name, 0.9)

    def peak_memory(self, name: str) -> Measurement | None:
        """The most that a process read, with the least as the lower end; None where none could read it."""
        found = self.peak_memory_mb.get(name)
        if not found:
            return None
        return Measurement(
            value=max(found),
            low=min(found),
            high=max(found),
            num_samples=len(found),
            unit=METRICS["peak_memory_mb"].unit,
            environment=self.environment,
        )

    def metrics(self, name: str, reference: str) -> dict[str, Measurement]:
        """All that is measured of one network, by the names of the metrics; memory only where it can be read."""
        memory = self.peak_memory(name)
        return {
            "relative_latency": self.relative_latency(name, reference),
            "latency_ms": self.latency_ms(name),
            "latency_p90_ms": self.latency_p90_ms(name),
        } | ({} if memory is None else {"peak_memory_mb": memory})

    def timed(self, name: str, reference: str) -> Timed:
        """How that came about."""
        return Timed(
            log_ratios=self.log_ratios(name, reference),
            ending=self.ending,
            num_repeated=self.num_repeated,
            clock_mhz=self.clock_mhz,
            temperature_c=self.temperature_c,
        )

    def _quantile(self, metric: str, name: str, quantile: float) -> Measurement:
        calls = self.calls_ms.get(name) or [[(time_ms,) for time_ms in rounds] for rounds in self.times_ms[name]]
        logs = [[tuple(map(math.log, calls_ms)) for calls_ms in rounds] for rounds in calls]
        return self._measured(metric, call_quantile_interval(logs, quantile), sum(map(len, logs)))

    def _measured(self, metric: str, logs: tuple[float, float, float], num_rounds: int) -> Measurement:
        value, low, high = map(math.exp, logs)
        return Measurement(
            value=value,
            low=low,
            high=high,
            num_samples=num_rounds,
            unit=METRICS[metric].unit,
            environment=self.environment,
        )


def _span(ranges: Sequence[tuple[float, float] | None]) -> tuple[float, float] | None:
    known = list(chain.from_iterable(ends for ends in ranges if ends is not None))
    return (min(known), max(known)) if known else None
