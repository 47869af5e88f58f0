"""Speed: how much faster the reduced files of a bundle are than ``model.onnx``, timed in turn in one process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modsearch.bundle.runner import ONNX, runtimes
from modsearch.bundle.source import Source
from modsearch.models.runtime import runtime_version
from modsearch.scoring import time_networks
from modsearch.space import Deployment, TimingProtocol

_PROTOCOL = TimingProtocol(seconds=8.0)  # of each runtime


@dataclass(frozen=True)
class Speed:
    """A reduced file timed beside ``model.onnx``.

    Attributes:
        file: its name.
        runtime: what ran both.
        batch_size: images in a batch.
        threads: of the processor.
        speedup: time of ``model.onnx`` over time of the file.
        low: lower end of the 95 % interval.
        high: upper end.
        machine: what timed.
        ending: why timing ended, see ``record.Timed``.
    """

    file: str
    runtime: str
    batch_size: int
    threads: int
    speedup: float
    low: float
    high: float
    machine: str
    ending: str

    def describe(self) -> str:
        """One line."""
        threads = f"{self.threads} thread{'s' * (self.threads != 1)}"
        speed = f"{self.speedup:.2f}x ({self.low:.2f} to {self.high:.2f}) as fast as {ONNX}"
        return f"{self.file} in {self.runtime}: {speed}, batch size {self.batch_size}, {threads}"


def time_files(source: Source, folder: Path, files: Sequence[str]) -> Iterator[Speed]:
    """Time files beside ``model.onnx`` in each runtime that is installed, by the protocol that a search times by.

    Batch size and threads are those of the study's first deployment on a CPU that was timed, or 1.

    Raises:
        MemoryError: there is too little of it.
        RuntimeError: a process died, or a file fails.
    """
    names = [*files, ONNX]
    for runtime in runtimes():
        deployment = _deployment(source, runtime)
        timing = time_networks(
            dict.fromkeys(names, source.architecture),
            deployment,
            _PROTOCOL,
            prepared={name: (folder / name).resolve() for name in names},
        )
        for file in files:
            ratio = timing.relative_latency(file, ONNX)
            yield Speed(
                file=file,
                runtime=runtime_version(runtime),
                batch_size=deployment.batch_size,
                threads=deployment.threads,
                speedup=1 / ratio.value,
                low=1 / ratio.high,
                high=1 / ratio.low,
                machine=timing.environment.describe(),
                ending=timing.ending,
            )


def _deployment(source: Source, runtime: str) -> Deployment:
    timed = [claim.deployment for claim in source.latencies.claims if not claim.deployment.is_cuda]
    return Deployment.model_validate(
        {
            "image_size": source.config.image_size,
            "num_classes": len(source.config.class_names),
            "batch_size": timed[0].batch_size if timed else 1,
            "threads": timed[0].threads if timed else 1,
            "runtime": runtime,
        }
    )
