"""A timer that runs nothing: latencies are sums over blocks by a closed formula, with noise that is always the same."""

import math
import random
from collections.abc import Mapping

import pytest

from modsearch.architecture import Architecture, Part, network_parts
from modsearch.record import Environment
from modsearch.scoring import Timing
from modsearch.space import Deployment, TimingProtocol

ENVIRONMENT = Environment(device="Adder A", threads=2, software="sum 1")
_NUM_ROUNDS = 30


def part_ms(part: Part) -> float:
    """What a part costs, by what a table is told about it and by nothing else."""
    if part.kind == "frame":
        return 3.0
    assert part.stage is not None
    place = 1 + 0.1 * part.stage
    if part.kind == "run":
        return 0.3 * place
    return place * (1.0 if part.k is None else 0.2 + 0.002 * part.k + 0.01 * len(part.form))


def latency_ms(network: Architecture) -> float:
    return sum(number * part_ms(part) for part, number in network_parts(network).items())


class Adder:
    """Stands in for ``time_networks``.

    Attributes:
        noise: of a round, as a fraction.
        calls: how many networks each call had, the reference left out.
        environment: where it says that it ran.
    """

    def __init__(self, noise: float = 0.0, environment: Environment = ENVIRONMENT) -> None:
        self.noise = noise
        self.environment = environment
        self.calls: list[int] = []
        self.deployments: list[Deployment] = []
        self.interrupt_at: int | None = None

    def __call__(
        self, networks: Mapping[str, Architecture], deployment: Deployment, protocol: TimingProtocol
    ) -> Timing:
        if len(self.calls) == self.interrupt_at:
            raise KeyboardInterrupt
        self.calls.append(len(networks) - 1)
        self.deployments.append(deployment)
        generator = random.Random(len(self.calls))
        sums = {name: latency_ms(network) for name, network in networks.items()}
        times = {
            name: tuple(value * math.exp(generator.gauss(0, self.noise)) for _ in range(_NUM_ROUNDS))
            for name, value in sums.items()
        }
        return Timing({name: (rounds,) for name, rounds in times.items()}, self.environment)


def install(monkeypatch: pytest.MonkeyPatch) -> Adder:
    """Tables are measured by an adder, and used where it says that it runs."""
    adder = Adder()
    monkeypatch.setattr("modsearch.scoring.latency_table.measure.time_networks", adder)
    for module in ("latency_table.measure", "evaluator"):
        monkeypatch.setattr(f"modsearch.scoring.{module}.deployment_environment", lambda _: adder.environment)
    return adder
