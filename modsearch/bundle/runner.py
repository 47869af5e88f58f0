"""Who runs the files of a bundle: each by its name and what runs it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from modsearch.bundle.config import Config
from modsearch.bundle.load import WEIGHTS, load_model
from modsearch.bundle.parity import Expected, Parity, Run, compare, run_all
from modsearch.models.export import INPUT_NAME, OUTPUT_NAME
from modsearch.models.runtime import openvino_core, runtime_version

ONNX = "model.onnx"


@dataclass(frozen=True)
class Runner:
    """A file of a bundle, and what runs it.

    Attributes:
        file: its name.
        runtime: name and version.
        start: reads it.
    """

    file: str
    runtime: str
    start: Callable[[], Run]

    def compared(self, pixels_NHWC: Tensor, config: Config, wanted: Expected) -> Parity:
        """Its logits of these images against others; raises as ``logits``."""
        return compare(self.file, self.runtime, self.logits(pixels_NHWC, config), wanted)

    def logits(self, pixels_NHWC: Tensor, config: Config) -> Tensor:
        """Those of all images, (N, num_classes).

        Raises:
            RuntimeError: it cannot be run; the file is named.
        """
        try:
            return run_all(self.start(), pixels_NHWC, config)
        except Exception as error:  # runtimes have exceptions of their own
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise RuntimeError(f"{self.file} cannot be run in {self.runtime}: {reason}") from None


def runners(folder: Path) -> Iterator[Runner]:
    """The files that can be read without unpickling anything, with each runtime that is installed here."""
    yield Runner(WEIGHTS, runtime_version("eager"), lambda: load_model(folder))
    yield from onnx_runners(folder / ONNX)


def onnx_runners(path: Path) -> Iterator[Runner]:
    """An ONNX file with each runtime that is installed here."""
    for name in runtimes():
        yield Runner(path.name, runtime_version(name), partial(_logits, name, path))


def runtimes() -> list[str]:
    """Those that read ONNX files and are installed here."""
    return [name for name in _STARTS if find_spec(name)]


def start(runtime: str, path: Path, outputs: Sequence[str]) -> Callable[[Tensor], list[Tensor]]:
    """Read an ONNX file; what it gives takes images, and gives the outputs of these names."""
    return _STARTS[runtime](path, outputs)


def _logits(runtime: str, path: Path) -> Run:
    run = start(runtime, path, [OUTPUT_NAME])
    return lambda x_BCHW: run(x_BCHW)[0]


def _onnxruntime(path: Path, outputs: Sequence[str]) -> Callable[[Tensor], list[Tensor]]:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda x_BCHW: [torch.from_numpy(found) for found in session.run(outputs, {INPUT_NAME: x_BCHW.numpy()})]


def _openvino(path: Path, outputs: Sequence[str]) -> Callable[[Tensor], list[Tensor]]:
    """Each batch size is compiled when it first comes.

    Compiled for any, 8-bit integers make OpenVINO 2026.4 write past its memory on processors with AMX, where images are
    small (openvinotoolkit/openvino issue 37577).
    """
    core = openvino_core()

    @cache
    def compiled(shape: torch.Size) -> Any:
        network = core.read_model(path)
        network.reshape(list(shape))
        return core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(x_BCHW: Tensor) -> list[Tensor]:
        network = compiled(x_BCHW.shape)
        found = network(x_BCHW.numpy())
        return [torch.from_numpy(found[network.output(name)].copy()) for name in outputs]

    return run


_STARTS: dict[str, Callable[[Path, Sequence[str]], Callable[[Tensor], list[Tensor]]]] = {
    "onnxruntime": _onnxruntime,
    "openvino": _openvino,
}
