"""LatencyTable: what each part of a space's networks adds to their latency, and the prediction from it."""

import hashlib
import json
import math
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modsearch.architecture import Architecture, Finite, NonNegativeFloat, Part, network_parts, preset
from modsearch.file import appearing, read_bounded
from modsearch.message import must_be, parse
from modsearch.record.measurement import Environment, Measurement
from modsearch.space import METRICS, Deployment, StudySpec, TimingProtocol

_VALUE = ConfigDict(frozen=True, extra="forbid")
_UNSURE = 3  # times the half-width that is wanted
_MAX_BYTES = 100_000_000  # a table of 5,000 parts and as many networks has a tenth


class PartCost(BaseModel):
    """What one block of a kind adds to the latency of a network, as a fraction of the reference network's.

    Attributes:
        part: the block and its place.
        value: what it adds.
        low: lower end of the 95 % interval.
        high: its upper end.
    """

    model_config = _VALUE

    part: Part
    value: Finite
    low: Finite
    high: Finite


class TimedNetwork(BaseModel):
    """A whole network that a table rests on.

    Attributes:
        architecture: the network.
        role: ``part``: it has more, or less, of one part than another one has; ``calibration``: drawn at random.
        relative_latency: its latency / the reference network's.
        low: lower end of the 95 % interval.
        high: its upper end.
    """

    model_config = _VALUE

    architecture: Architecture
    role: Literal["part", "calibration"]
    relative_latency: float = Field(gt=0, le=1e9)
    low: float = Field(gt=0, le=1e9)
    high: float = Field(gt=0, le=1e9)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low <= self.relative_latency <= self.high:
            raise ValueError(must_be("relative_latency", f"from {self.low} to {self.high}", self.relative_latency))
        return self


class LatencyTable(BaseModel):
    """Latencies of a space's networks at one deployment, relative to the study's reference network.

    A network is predicted by the sum of its parts. All times behind the parts are those of whole networks that ran
    beside the reference, so that no block was ever timed alone.

    Attributes:
        study: whose space it is.
        space_digest: of that space, see ``StudySpec.digest``.
        deployment: where the networks were timed.
        reference: the published network that they were timed beside.
        protocol: how.
        environment: the machine and its software.
        networks: what was timed, in this order.
        costs: of every part of the space; none while networks are still to be timed.
        log_error: at most this far is log(predicted) from log(measured) for 95 % of the networks that are timed as well
            as the calibration networks usually were.
    """

    model_config = _VALUE

    schema_version: Literal[1] = 1
    study: str
    space_digest: str
    deployment: Deployment
    reference: str
    protocol: TimingProtocol
    environment: Environment
    networks: tuple[TimedNetwork, ...] = ()
    costs: tuple[PartCost, ...] = ()
    log_error: NonNegativeFloat = Field(default=0.0, le=10)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len({cost.part for cost in self.costs}) < len(self.costs):
            raise ValueError(must_be("costs", "of different parts", f"{len(self.costs)} costs"))
        return self

    @cached_property
    def digest(self) -> str:
        """12 hex digits over all that the table says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    @property
    def unsure(self) -> tuple[TimedNetwork, ...]:
        """The networks whose intervals are three times as wide as the protocol wants, or wider."""
        limit = _UNSURE * self.protocol.half_width_for(self.deployment)
        return tuple(
            network for network in self.networks if (network.high - network.low) / 2 > limit * network.relative_latency
        )

    @cached_property
    def _costs(self) -> dict[Part, float]:
        return {cost.part: cost.value for cost in self.costs}

    @cached_property
    def _reference_id(self) -> str:
        return preset(self.reference).architecture.id

    def predict(self, architecture: Architecture) -> Measurement:
        """The ``predicted_relative_latency`` of a network; 1 for the reference itself.

        Raises:
            ValueError: it has a block that the table does not know, or the sum of its parts is no latency.
        """
        if architecture.id == self._reference_id:
            return self._measurement(1.0, 0.0)
        parts = network_parts(architecture)
        for part in parts:
            if part not in self._costs:
                raise ValueError(f"The latency table of {self.study} has no {part.describe()}: it was not measured.")
        value = sum(number * self._costs[part] for part, number in parts.items())
        if not 1e-9 < value < 1e9:
            raise ValueError(f"The latency table of {self.study} gives a latency of {value:g} for {architecture.id}.")
        return self._measurement(value, self.log_error)

    def _measurement(self, value: float, log_error: float) -> Measurement:
        return Measurement(
            value=value,
            low=value * math.exp(-log_error),
            high=value * math.exp(log_error),
            num_samples=max(1, len(self.networks)),
            unit=METRICS["predicted_relative_latency"].unit,
            environment=self.environment,
        )

    def check_belongs(self, spec: StudySpec, deployment: Deployment, path: str) -> None:
        """Raise ValueError where it is a table of another space, reference or deployment; both are named."""
        ours, theirs = (f"{spec.name} ({spec.digest('space')})", f"{self.study} ({self.space_digest})")
        if spec.digest("space") != self.space_digest:
            raise ValueError(f"{path} is a table of the space of {theirs}, and this is the space of {ours}.")
        if spec.reference != self.reference:
            raise ValueError(f"{path} is relative to {self.reference}, and this study to {spec.reference}.")
        if deployment.differences(self.deployment):
            here, there = deployment.differences(self.deployment), self.deployment.differences(deployment)
            raise ValueError(f"{path} is a table of {there}, and this deployment is {here}.")

    def check_environment(self, environment: Environment, path: str) -> None:
        """Raise ValueError where it was measured in another environment; both are named."""
        if environment != self.environment:
            raise ValueError(
                f"{path} was measured on {self.environment.describe()}; this is {environment.describe()}. "
                "Its latencies do not hold here: measure a table of this environment with modsearch latency-table."
            )


def read_latency_table(path: Path) -> LatencyTable:
    """Read a table.

    Raises:
        ValueError: it is missing, damaged, or a newer modsearch wrote it. One line that names the file.
    """
    name, newest = path.name, LatencyTable.model_fields["schema_version"].default
    try:
        data = json.loads(read_bounded(path, _MAX_BYTES))
    except FileNotFoundError:
        raise ValueError(f"There is no latency table {str(path)!r}: modsearch latency-table measures one.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"The latency table {str(path)!r} cannot be read: {_reason(error)}.") from None
    version = data.get("schema_version") if isinstance(data, dict) else None
    if isinstance(version, int) and version > newest:
        raise ValueError(
            f"{name} is of version {version}, and this modsearch reads versions up to {newest}: "
            "a newer modsearch wrote it. Update modsearch to use it."
        )
    return parse(LatencyTable, data, name)


def write_latency_table(table: LatencyTable, path: Path) -> None:
    """Write a table whole or not at all, whatever dies meanwhile."""
    with appearing(path) as file:
        file.write(table.model_dump_json(indent=1).encode() + b"\n")


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return (error.strerror if isinstance(error, OSError) else None) or " ".join(str(error).split())[:200]
