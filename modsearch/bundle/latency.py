"""Latency: what a bundle says of it, and whether a machine finds the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from modsearch.architecture import Architecture
from modsearch.bundle.config import ARCHITECTURE
from modsearch.file import appearing, read_bounded
from modsearch.message import parse, read_json
from modsearch.record import Measurement, Missed, Remeasurement, Score, TimingJob
from modsearch.space import Deployment, StudySpec, TimingProtocol, deployed_name

LATENCY = "latency.json"
_MAX_BYTES = 1_000_000
_SLACK = 0.03  # two timings of one network on one machine lie within 3 % of each other


class Claim(BaseModel):
    """What a study timed of a network at one deployment.

    Attributes:
        place: the deployment's name.
        deployment: where, as that machine sees it.
        reference: the published network that it was timed beside.
        timing: how long.
        relative_latency: what came out, with the machine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    place: str
    deployment: Deployment
    reference: str
    timing: TimingProtocol
    relative_latency: Measurement


class Claims(BaseModel):
    """The content of ``latency.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class LatencyCheck:
    """A claim held against a new timing.

    Attributes:
        claim: what the bundle says.
        found: what was timed now; None where that failed.
        reason: why it failed.
    """

    claim: Claim
    found: Measurement | None
    reason: str = ""

    @property
    def is_same_machine(self) -> bool:
        """Whether it was timed in the environment that the claim is of."""
        return self.found is not None and self.found.environment == self.claim.relative_latency.environment

    @property
    def holds(self) -> bool:
        """Whether nothing contradicts the claim: another machine does not, nor do intervals that lie within 3 %."""
        said, found = self.claim.relative_latency, self.found
        if found is None:
            return False
        apart = found.low > said.high * (1 + _SLACK) or found.high * (1 + _SLACK) < said.low
        return not (self.is_same_machine and apart)

    def describe(self) -> str:
        """One line."""
        said = self.claim.relative_latency
        beside = f"{_interval(said)} x {self.claim.reference} was said"
        if self.found is None:
            return f"latency at {self.claim.place}: {beside}, it cannot be timed: {self.reason}"
        where = "" if self.is_same_machine or said.environment is None else f", on {said.environment.describe()}"
        return f"latency at {self.claim.place}: {beside}{where}; {_interval(self.found)} x was found"


def claims(spec: StudySpec, score: Score | None) -> Claims:
    """What a study timed of a network, at each deployment where it did."""
    found = []
    for place, deployment in spec.deployments.items():
        latency = (score.metrics if score else {}).get(deployed_name("relative_latency", place, spec.deployments))
        if latency is not None:
            where = deployment.on_its_machine
            found.append(
                Claim(
                    place=place,
                    deployment=where,
                    reference=spec.reference,
                    timing=spec.timing,
                    relative_latency=latency,
                )
            )
    return Claims(claims=tuple(found))


def read_latency(folder: Path) -> Claims:
    """What a bundle, or the folder of a training, says, if anything; ValueError where it is damaged."""
    path = folder / LATENCY
    if not path.is_file():
        return Claims(claims=())
    return parse(Claims, read_json(read_bounded(path, _MAX_BYTES), LATENCY), LATENCY)


def write_latency(folder: Path, stated: Claims) -> None:
    """State it in a folder."""
    with appearing(folder / LATENCY) as file:
        file.write(stated.model_dump_json(indent=1).encode() + b"\n")


def check_latency(
    folder: Path, time: Callable[[TimingJob], Iterator[Remeasurement | Missed]]
) -> Iterator[LatencyCheck]:
    """Time the network of a bundle again at each deployment that it has a latency of.

    Args:
        folder: a bundle whose files were checked.
        time: times the networks of a job, on this machine or another one.

    Raises:
        ValueError: the machine lacks what a deployment needs.
    """
    network = Architecture.from_json(read_bounded(folder / ARCHITECTURE, _MAX_BYTES))
    for claim in read_latency(folder).claims:
        yield _check(claim, network, time)


def _check(
    claim: Claim, network: Architecture, time: Callable[[TimingJob], Iterator[Remeasurement | Missed]]
) -> LatencyCheck:
    job = TimingJob(
        place=claim.place,
        deployment=claim.deployment,
        reference=claim.reference,
        timing=claim.timing,
        networks=(network,),
    )
    [result] = time(job)
    if isinstance(result, Missed):
        return LatencyCheck(claim, None, result.reason)
    return LatencyCheck(claim, result.score.metrics["relative_latency"])


def _interval(measured: Measurement) -> str:
    return f"{measured.value:.3f} ({measured.low:.3f} to {measured.high:.3f})"
