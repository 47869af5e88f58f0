"""Deployment: where the target network will live, and so how it is timed."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from modsearch.architecture import BatchSize, ImageSize, NumClasses, PositiveFloat, Threads
from modsearch.message import must_be

Runtime = Literal["eager", "compile", "cuda_graph", "onnxruntime", "openvino"]
MemoryFormat = Literal["auto", "contiguous", "channels_last"]
_SHORT = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
Dtype = Annotated[
    Literal["float32", "bfloat16", "float16"],
    BeforeValidator(lambda value: _SHORT.get(value, value) if isinstance(value, str) else value),
]
_FILE_RUNTIMES = ("onnxruntime", "openvino")


class Deployment(BaseModel):
    """What is timed.

    Attributes:
        image_size: pixels of a side.
        num_classes: outputs of the head.
        batch_size: images in a batch.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        threads: CPU threads of the timed process.
        dtype: number format of weights and images: ``float32``, ``bfloat16`` or ``float16``; fp32, bf16 and fp16 too.
        memory_format: order of the axes in memory; ``auto`` is channels last on a GPU and contiguous on a CPU.
        runtime: what runs the network: ``eager`` PyTorch, ``compile`` (torch.compile), ``cuda_graph`` (the replay of a
            captured graph), and on a CPU in float32 ``onnxruntime`` and ``openvino``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_size: ImageSize
    num_classes: NumClasses
    batch_size: BatchSize = 1
    device: str = "cpu"
    threads: Threads = 1
    dtype: Dtype = "float32"
    memory_format: MemoryFormat = "auto"
    runtime: Runtime = "eager"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.runtime == "cuda_graph" and not self.is_cuda:
            raise ValueError(must_be("device", "cuda or cuda:N where runtime is cuda_graph", self.device))
        if self.runtime in _FILE_RUNTIMES:
            if self.device != "cpu":
                raise ValueError(must_be("device", f"cpu where runtime is {self.runtime}", self.device))
            if self.dtype != "float32":
                raise ValueError(must_be("dtype", f"float32 where runtime is {self.runtime}", self.dtype))
            if self.memory_format == "channels_last":
                rule = f"auto or contiguous where runtime is {self.runtime}"
                raise ValueError(must_be("memory_format", rule, self.memory_format))
        return self

    @property
    def is_cuda(self) -> bool:
        """Whether it is timed on a GPU."""
        return self.device.partition(":")[0] == "cuda"

    def differences(self, other: "Deployment") -> str:
        """The fields in which it differs from another one, as it has them."""
        mine, theirs = self.model_dump(), other.model_dump()
        return ", ".join(f"{name} {value}" for name, value in mine.items() if value != theirs[name])

    def describe(self) -> str:
        """One line, without image size and classes, which belong to the target."""
        threads = "" if self.is_cuda else f", {self.threads} thread{'s' * (self.threads != 1)}"
        layout = "" if self.memory_format == "auto" else f", {self.memory_format}"
        return f"{self.runtime} on {self.device}{threads}, batch size {self.batch_size}, {self.dtype}{layout}"


class TimingProtocol(BaseModel):
    """How long a network is timed at one deployment.

    Attributes:
        processes: fresh processes at least, and one more at a time until the interval is narrow.
        half_width: of the 95 % interval of the relative latency, as a fraction of it: where it is less, timing ends.
            None for 0.01 on a GPU and 0.03 on a CPU.
        seconds: no further process begins after so many; but there are ``processes`` in any case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    processes: Annotated[int, Field(ge=1, le=100)] = 3
    half_width: Annotated[PositiveFloat, Field(lt=1)] | None = None
    seconds: Annotated[float, Field(ge=0, le=86_400)] = 60.0

    def half_width_for(self, deployment: Deployment) -> float:
        """The half-width that is wanted at a deployment."""
        return self.half_width or (0.01 if deployment.is_cuda else 0.03)
