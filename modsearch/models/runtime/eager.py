"""PyTorch as it stands: one operator after the other."""

from collections.abc import Callable

from torch import Tensor, nn


def eager_run(model: nn.Module, x_BCHW: Tensor) -> Callable[[], Tensor]:
    """Call the module."""
    return lambda: model(x_BCHW)
