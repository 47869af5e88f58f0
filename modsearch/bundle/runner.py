"""Who runs the files of a bundle: each by its name and what runs it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from modsearch.bundle.config import Config
from modsearch.bundle.load import WEIGHTS, load_model
from modsearch.bundle.parity import Expected, Parity, Run, compare, run_all
from modsearch.models.export import INPUT_NAME, OUTPUT_NAME
from modsearch.models.runtime import runtime_version

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
        """Its logits of these images against others.

        Raises:
            RuntimeError: it cannot be run; the file is named.
        """
        try:
            logits_NK = run_all(self.start(), pixels_NHWC, config)
        except Exception as error:  # runtimes have exceptions of their own
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise RuntimeError(f"{self.file} cannot be run in {self.runtime}: {reason}") from None
        return compare(self.file, self.runtime, logits_NK, wanted)


def runners(folder: Path) -> Iterator[Runner]:
    """The files that can be read without unpickling anything, with each runtime that is installed here."""
    yield Runner(WEIGHTS, runtime_version("eager"), lambda: load_model(folder))
    for name, start in {"onnxruntime": _onnxruntime, "openvino": _openvino}.items():
        if find_spec(name):
            yield Runner(ONNX, runtime_version(name), lambda start=start: start(folder / ONNX))  # type: ignore[misc]


def _onnxruntime(path: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda x_BCHW: torch.from_numpy(session.run([OUTPUT_NAME], {INPUT_NAME: x_BCHW.numpy()})[0])


def _openvino(path: Path) -> Run:
    import openvino

    network = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda x_BCHW: torch.from_numpy(network(x_BCHW.numpy())[network.output(0)].copy())
