"""CUDA graphs: all kernels of a pass recorded once, then started as one."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

_NUM_WARM_UPS = 3  # libraries allocate and choose their kernels then, which cannot be recorded


def cuda_graph_run(model: nn.Module, x_BCHW: Tensor) -> Callable[[], Tensor]:
    """Warm up on a side stream, as recording wants it, and record; a run replays, and launches nothing singly."""
    with torch.inference_mode(), torch.cuda.device(x_BCHW.device):
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_NUM_WARM_UPS):
                model(x_BCHW)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            logits_BC: Tensor = model(x_BCHW)

    def run() -> Tensor:
        graph.replay()
        return logits_BC

    return run
