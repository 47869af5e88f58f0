"""torch.compile: the whole network as one graph, for the shape of these images alone."""

import logging
from collections.abc import Callable
from types import FunctionType

import torch
from torch import Tensor, nn


def compiled_run(model: nn.Module, x_BCHW: Tensor) -> Callable[[], Tensor]:
    """Compile the module and run it once, in this process: workers that wait for more would outlast the timing."""
    from torch._inductor import config

    # it tells of a CUDA folder without a GPU, which nobody asked for
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    # torch counts what it compiled per code object, looks through all of it at a call, and gives up after eight: so
    # each network has a code object of its own
    forward = FunctionType(_forward.__code__.replace(), globals())
    run = torch.compile(forward, fullgraph=True, dynamic=False)
    with torch.inference_mode(), config.patch(compile_threads=1):
        run(model, x_BCHW)
    return lambda: run(model, x_BCHW)


def _forward(model: nn.Module, x_BCHW: Tensor) -> Tensor:
    return model(x_BCHW)  # type: ignore[no-any-return]
