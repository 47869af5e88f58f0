"""Runtimes: what runs a deployed network."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from modsearch.models.export import to_onnx
from modsearch.models.fold import fold_batch_norm
from modsearch.models.quantise import to_int8
from modsearch.models.runtime.compiled import compiled_run
from modsearch.models.runtime.cuda_graph import cuda_graph_run
from modsearch.models.runtime.eager import eager_run
from modsearch.models.runtime.onnx_session import onnx_run
from modsearch.models.runtime.openvino_core import openvino_core
from modsearch.models.runtime.openvino_request import openvino_run
from modsearch.models.runtime.support import check_runtime, runtime_version
from modsearch.space import Deployment
from modsearch.space.deployment import Runtime

__all__ = ["Run", "check_runtime", "deploy", "needs_file", "openvino_core", "prepare", "runtime_version"]

Run = Callable[[], Tensor]
"""One pass over the images that it was started with: logits (B, num_classes), good until the next pass.

It is called as it was made, under ``torch.inference_mode()`` and with the same number of torch's threads.
"""
_OF_MODULE: dict[str, Callable[[nn.Module, Tensor], Run]] = {
    "eager": eager_run,
    "compile": compiled_run,
    "cuda_graph": cuda_graph_run,
}
_OF_FILE: dict[str, Callable[[Path, int, Tensor], Run]] = {
    "onnxruntime": onnx_run,
    "openvino": openvino_run,
}


def deploy(model: nn.Module, deployment: Deployment, x_BCHW: Tensor, prepared: Path | None = None) -> Run:
    """A network as its deployment runs it, batch norm folded, on these images.

    Args:
        model: is copied, not changed.
        deployment: device, dtype, memory format, threads and runtime. Of torch's own runtimes, the caller pins threads.
        x_BCHW: images in float32 on the CPU.
        prepared: what ``prepare`` wrote for this model and deployment; the model is not read then.

    Raises:
        ValueError: this machine has not got the runtime, or no instructions for the dtype.
    """
    check_runtime(deployment, "deployment")
    if deployment.runtime in _OF_MODULE:
        return _OF_MODULE[deployment.runtime](*_form(model, deployment, x_BCHW))
    start = _OF_FILE[deployment.runtime]
    if prepared is not None:
        return start(prepared, deployment.threads, x_BCHW.contiguous())
    with TemporaryDirectory(prefix="modsearch-") as folder:
        path = Path(folder) / "network.onnx"
        prepare(model, deployment, path)
        return start(path, deployment.threads, x_BCHW.contiguous())


def needs_file(runtime: Runtime) -> bool:
    """Whether a runtime reads a file. torch.compile keeps what it compiled in a cache of its own."""
    return runtime in _OF_FILE


def prepare(model: nn.Module, deployment: Deployment, path: Path) -> None:
    """Write the file that several processes need to deploy a network with a runtime that reads one.

    The file is good for one batch size: with it the runtimes know all shapes beforehand. In int8 it is calibrated on
    one batch of random-normal images: on the values that come of it no latency depends.
    """
    size, batch_size = deployment.image_size, deployment.batch_size
    if deployment.dtype == "int8":
        generator = torch.Generator().manual_seed(1)
        to_int8(model, torch.randn(batch_size, 3, size, size, generator=generator), path, batch_size)
    else:
        to_onnx(model, size, path, batch_size)


def _form(model: nn.Module, deployment: Deployment, x_BCHW: Tensor) -> tuple[nn.Module, Tensor]:
    """The network and the images in the number format and the order of axes of the deployment, on its device."""
    place = torch.device(deployment.device), getattr(torch, deployment.dtype)
    deployed, x_BCHW = fold_batch_norm(model).to(*place), x_BCHW.to(*place)
    if deployment.memory_format == "channels_last" or (deployment.memory_format == "auto" and deployment.is_cuda):
        return deployed.to(memory_format=torch.channels_last), x_BCHW.to(memory_format=torch.channels_last)
    return deployed, x_BCHW
