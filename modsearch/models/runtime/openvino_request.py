"""OpenVINO on the CPU."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from modsearch.models.runtime.openvino_core import openvino_core


def openvino_run(path: Path, threads: int, x_BCHW: Tensor) -> Callable[[], Tensor]:
    """Compile an ONNX file; images and logits stay where they are, so that a run copies neither.

    One batch at a time, as fast as it can be, and in float32, for which a CPU with bfloat16 would choose that.
    """
    import openvino
    from openvino.properties import hint, inference_num_threads, num_streams

    settings = {
        inference_num_threads(): threads,
        num_streams(): 1,
        hint.performance_mode(): hint.PerformanceMode.LATENCY,
        hint.inference_precision(): openvino.Type.f32,
    }
    core = openvino_core()
    read = core.read_model(path)
    read.reshape(list(x_BCHW.shape))  # a file may take any batch size
    network = core.compile_model(read, "CPU", settings)
    logits_BC = torch.empty(*network.output(0).shape)
    request = network.create_infer_request()
    request.set_input_tensor(openvino.Tensor(x_BCHW.numpy(), shared_memory=True))
    request.set_output_tensor(openvino.Tensor(logits_BC.numpy(), shared_memory=True))

    def run(x_BCHW: Tensor = x_BCHW) -> Tensor:  # holds the images, of which the request has but the address
        request.infer(share_inputs=True, share_outputs=True)
        return logits_BC

    return run
