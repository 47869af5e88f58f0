"""Runtimes: what runs a deployed network."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from modsearch.models.fold import fold_batch_norm
from modsearch.space import Deployment

Run = Callable[[], Tensor]
"""One pass over the images that it was started with: logits (B, num_classes)."""


def deploy(model: nn.Module, deployment: Deployment, x_BCHW: Tensor) -> Run:
    """A network as its deployment runs it, batch norm folded, on these images.

    Args:
        model: is copied, not changed.
        deployment: device, dtype, memory format and runtime.
        x_BCHW: images in float32 on the CPU.
    """
    device = torch.device(deployment.device)
    deployed, x_BCHW = fold_batch_norm(model).to(device), x_BCHW.to(device)
    if deployment.memory_format == "channels_last" or (deployment.memory_format == "auto" and deployment.is_cuda):
        deployed, x_BCHW = deployed.to(memory_format=torch.channels_last), x_BCHW.to(memory_format=torch.channels_last)
    return lambda: deployed(x_BCHW)
