"""Deployment: where the target network will live, and so how it is timed."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from modsearch.architecture import BatchSize, ImageSize, NumClasses, PositiveFloat, Threads
from modsearch.message import must_be

Runtime = Literal["eager", "compile", "cuda_graph", "onnxruntime", "openvino"]
MemoryFormat = Literal["auto", "contiguous", "channels_last"]
_SHORT = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
Dtype = Annotated[
    Literal["float32", "bfloat16", "float16", "int8"],
    BeforeValidator(lambda value: _SHORT.get(value, value) if isinstance(value, str) else value),
]
REMOTE_COMMAND = "modsearch"
_HOST = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9_.:-]*")  # nothing that ssh or a shell reads


def _check_host(host: str) -> str:
    if not _HOST.fullmatch(host) or len(host) > 255:
        raise ValueError(must_be("", "machine or user@machine, without spaces and options", host))
    return host


def _check_command(command: str) -> str:
    if not command.strip() or command.strip().startswith("-") or not command.isprintable() or len(command) > 1000:
        raise ValueError(must_be("", "one line that does not begin with '-'", command))
    return command


Host = Annotated[str, AfterValidator(_check_host)]
RemoteCommand = Annotated[str, AfterValidator(_check_command)]
_FILE_RUNTIMES = ("onnxruntime", "openvino")


class Deployment(BaseModel):
    """What is timed.

    Attributes:
        image_size: pixels of a side.
        num_classes: outputs of the head; as many as the data have classes if not given.
        batch_size: images in a batch.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        threads: CPU threads of the timed process.
        dtype: number format of weights and images: ``float32``, ``bfloat16`` or ``float16``; fp32, bf16 and fp16 too.
            ``int8`` is ONNX Runtime's static quantisation, for ``onnxruntime`` and ``openvino``: it is timed, while
            accuracy stays that of the network in floats.
        memory_format: order of the axes in memory; ``auto`` is channels last on a GPU and contiguous on a CPU.
        runtime: what runs the network: ``eager`` PyTorch, ``compile`` (torch.compile), ``cuda_graph`` (the replay of a
            captured graph), and on a CPU in float32 or int8 ``onnxruntime`` and ``openvino``.
        host: the machine that it is timed on, as ``ssh`` takes it: ``machine`` or ``user@machine``; None for the
            machine of the search.
        remote_command: how modsearch is called there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_size: ImageSize
    num_classes: NumClasses | None = None
    batch_size: BatchSize = 1
    device: str = "cpu"
    threads: Threads = 1
    dtype: Dtype = "float32"
    memory_format: MemoryFormat = "auto"
    runtime: Runtime = "eager"
    host: Host | None = None
    remote_command: RemoteCommand = REMOTE_COMMAND

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.host is None and self.remote_command != REMOTE_COMMAND:
            raise ValueError(must_be("remote_command", "left out where there is no host", self.remote_command))
        if self.runtime == "cuda_graph" and not self.is_cuda:
            raise ValueError(must_be("device", "cuda or cuda:N where runtime is cuda_graph", self.device))
        if self.runtime in _FILE_RUNTIMES:
            if self.device != "cpu":
                raise ValueError(must_be("device", f"cpu where runtime is {self.runtime}", self.device))
            if self.dtype not in ("float32", "int8"):
                raise ValueError(must_be("dtype", f"float32 or int8 where runtime is {self.runtime}", self.dtype))
            if self.memory_format == "channels_last":
                rule = f"auto or contiguous where runtime is {self.runtime}"
                raise ValueError(must_be("memory_format", rule, self.memory_format))
        elif self.dtype == "int8":
            raise ValueError(must_be("runtime", "onnxruntime or openvino where dtype is int8", self.runtime))
        return self

    @property
    def is_cuda(self) -> bool:
        """Whether it is timed on a GPU."""
        return self.device.partition(":")[0] == "cuda"

    @property
    def num_outputs(self) -> int:
        """Outputs of the head; ValueError where they are still to be taken from the data."""
        if self.num_classes is None:
            raise ValueError("num_classes must be given: StudySpec.with_num_classes takes it from the data.")
        return self.num_classes

    @property
    def on_its_machine(self) -> "Deployment":
        """The same as that machine sees it."""
        return self.model_copy(update={"host": None, "remote_command": REMOTE_COMMAND})

    def differences(self, other: "Deployment") -> str:
        """The fields in which it differs from another one, as it has them; empty where only the machine does."""
        mine, theirs = self.on_its_machine.model_dump(), other.on_its_machine.model_dump()
        return ", ".join(f"{name} {value}" for name, value in mine.items() if value != theirs[name])

    def describe(self) -> str:
        """One line, without image size and classes, which belong to the target."""
        threads = "" if self.is_cuda else f", {self.threads} thread{'s' * (self.threads != 1)}"
        layout = "" if self.memory_format == "auto" else f", {self.memory_format}"
        where = "" if self.host is None else f" of {self.host}"
        return f"{self.runtime} on {self.device}{where}{threads}, batch size {self.batch_size}, {self.dtype}{layout}"


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
