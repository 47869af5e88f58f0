"""Remeasurements: what was timed of a network after its trial, where its target may live one day."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from modsearch.architecture import Architecture, preset
from modsearch.record.measurement import Score
from modsearch.space import Deployment, Name, TimingProtocol

_VALUE = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


def _published(name: str) -> str:
    preset(name)
    return name


_Reference = Annotated[str, AfterValidator(_published)]


class Remeasurement(BaseModel):
    """What was measured of one network at a place after its trial.

    Attributes:
        architecture_id: which network.
        place: the name of where; with a study's own deployment of that name, it stands for a predicted value.
        base: the study's deployment that this one takes the place of; None for the study's first.
        deployment: where.
        reference: the published network that was timed in turn with it.
        score: metrics under their plain names, and how they came about.
    """

    model_config = _VALUE

    schema_version: Literal[1] = 1
    architecture_id: str
    place: Name
    base: Name | None = None
    deployment: Deployment
    reference: _Reference
    score: Score

    def at(self, place: str, base: str | None) -> "Remeasurement":
        """The same under another name of the place."""
        score = self.score.model_copy(update={"timed": dict(zip([place], self.score.timed.values(), strict=False))})
        return self.model_copy(update={"place": place, "base": base, "score": score})


class Missed(BaseModel):
    """A network that could not be timed.

    Attributes:
        architecture_id: which one.
        place: where.
        reason: why, in one line.
    """

    model_config = _VALUE

    schema_version: Literal[1] = 1
    architecture_id: str
    place: Name
    reason: str


class TimingJob(BaseModel):
    """Networks to be timed at one deployment, perhaps on a machine that knows nothing of their study.

    Attributes:
        place: see ``Remeasurement``, as ``base``, ``deployment`` and ``reference``.
        timing: how long each network is timed.
        networks: in this order.
    """

    model_config = _VALUE

    schema_version: Literal[1] = 1
    place: Name
    base: Name | None = None
    deployment: Deployment
    reference: _Reference
    timing: TimingProtocol = TimingProtocol()
    networks: tuple[Architecture, ...] = Field(max_length=100_000)

    @field_validator("deployment")
    @classmethod
    def _check_deployment(cls, deployment: Deployment) -> Deployment:
        if deployment.num_classes is None:
            raise ValueError("num_classes must be given: whoever times has no images to count them in.")
        return deployment

    @property
    def reference_architecture(self) -> Architecture:
        """The network that each of them is timed in turn with."""
        return preset(self.reference).architecture

    def having(self, networks: tuple[Architecture, ...]) -> "TimingJob":
        """The same job with other networks."""
        return self.model_copy(update={"networks": networks})

    def remeasurement(self, architecture: Architecture, score: Score) -> Remeasurement:
        """What was measured of one of the networks."""
        return Remeasurement(
            architecture_id=architecture.id,
            place=self.place,
            base=self.base,
            deployment=self.deployment,
            reference=self.reference,
            score=score,
        )


def place_name(deployment: Deployment, base: Deployment) -> str:
    """A name such as ``cpu-b16-onnxruntime`` for a deployment that takes the place of another one."""
    short = {"float32": "", "bfloat16": "bf16", "float16": "fp16", "int8": "int8"}[deployment.dtype]
    parts = (
        deployment.device.replace(":", ""),
        f"b{deployment.batch_size}",
        deployment.runtime if deployment.runtime != "eager" else "",
        short,
        f"t{deployment.threads}" if deployment.threads != base.threads else "",
        deployment.memory_format if deployment.memory_format != "auto" else "",
        f"{deployment.image_size}px" if deployment.image_size != base.image_size else "",
    )
    return "-".join(filter(None, parts))
