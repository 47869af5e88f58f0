"""The options that say where networks are timed."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modsearch.file import read_bounded
from modsearch.machine import num_cpus

if TYPE_CHECKING:
    from modsearch.space import StudySpec

Device = Annotated[str | None, typer.Option(help="Device to time on: cpu, cuda or cuda:N.")]
BatchSize = Annotated[int | None, typer.Option(min=1, max=65_536, help="Images per batch.")]
Dtype = Annotated[
    str | None, typer.Option(help="Number format: float32, bfloat16 or float16 (or fp32, bf16, fp16), or int8.")
]
Runtime = Annotated[str | None, typer.Option(help="Runtime: eager, compile, cuda_graph, onnxruntime or openvino.")]
Threads = Annotated[int | None, typer.Option(min=1, max=1024, help="CPU threads.")]
MemoryFormat = Annotated[str | None, typer.Option(help="Memory format: auto, contiguous or channels_last.")]
ImageSize = Annotated[int | None, typer.Option(min=1, max=4096, help="Height and width of the images, in pixels.")]
Seconds = Annotated[float | None, typer.Option(min=0, max=86_400, help="Timing budget per network, in seconds.")]
_MAX_BYTES = 200_000_000  # a hundred thousand networks


def warn_of_threads(asked: Mapping[str, int]) -> None:
    """Say on stderr which of these numbers of threads, by their fields, are more than there are CPUs for."""
    most = num_cpus()
    excess = [f"{path} is {number}" for path, number in asked.items() if number > most]
    if excess:
        cpus = f"{most} CPU{'s' * (most != 1)}"
        words = "More threads than CPUs wait for each other, and all takes many times longer."
        typer.echo(f"modsearch: {' and '.join(excess)}, and this process may use {cpus}. {words}", err=True)


def threads_here(spec: "StudySpec", device: str) -> dict[str, int]:
    """The threads that a search uses on this machine, by their fields; a GPU has need of few."""
    timed = {
        f"deployments.{name}.threads": deployment.threads
        for name, deployment in spec.deployments.items()
        if not deployment.is_cuda and deployment.host is None and name not in spec.latency_tables
    }
    trains_here = spec.executor.is_here and not device.startswith("cuda")
    return timed | ({"fidelity.threads": spec.fidelity.threads} if trains_here else {})


def given(**fields: Any) -> dict[str, Any]:
    """The fields of a deployment that the command line names."""
    return {name: value for name, value in fields.items() if value is not None}


def content(path: Path) -> bytes:
    """What a file holds; ValueError where there is none, or one that is no list of networks."""
    if not path.is_file():
        raise ValueError(f"There is no file {str(path)!r}.")
    try:
        return read_bounded(path, _MAX_BYTES)
    except ValueError as error:
        raise ValueError(f"{path.name} is no list of networks: {error}.") from None
