"""ONNX Runtime on the CPU."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from modsearch.models.export import INPUT_NAME, OUTPUT_NAME

_ERRORS = 3  # of its levels of severity


def onnx_run(path: Path, threads: int, x_BCHW: Tensor) -> Callable[[], Tensor]:
    """Read an ONNX file; images and logits stay where they are, so that a run copies neither."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = _ERRORS
    # threads spin within a run, as they do by default, but not after it: they would take the core from what runs next
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    logits_BC = torch.empty(len(x_BCHW), session.get_outputs()[0].shape[1])
    binding = session.io_binding()
    binding.bind_input(INPUT_NAME, "cpu", 0, np.float32, tuple(x_BCHW.shape), x_BCHW.data_ptr())
    binding.bind_output(OUTPUT_NAME, "cpu", 0, np.float32, tuple(logits_BC.shape), logits_BC.data_ptr())

    def run(x_BCHW: Tensor = x_BCHW) -> Tensor:  # holds the images, of which the binding has but the address
        session.run_with_iobinding(binding)
        return logits_BC

    return run
