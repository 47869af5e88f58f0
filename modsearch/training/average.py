"""The moving average of a network's weights."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Tensors = tuple[Tensor, ...] | list[Tensor]


def averaged(model: nn.Module, decay: float, num_updates: Callable[[], int]) -> AveragedModel:
    """A copy of a network that follows it, weights and running statistics alike.

    Update n weighs the average by at most (1 + n) / (10 + n), so that it forgets the random weights, and the statistics
    of the first images, within the first epoch.

    Args:
        model: what is followed.
        decay: weight of the average in an update.
        num_updates: how many there have been: of a training, which goes on after a kill.
    """

    def follow(average: Tensors, now: Tensors, _num: Tensor | int) -> None:
        if not average[0].is_floating_point():  # counts of batches
            for mean, count in zip(average, now, strict=True):
                mean.copy_(count)
            return
        num = num_updates()
        update = get_ema_multi_avg_fn(min(decay, (1 + num) / (10 + num)))  # type: ignore[no-untyped-call]
        update(average, now, torch.tensor(num))

    return AveragedModel(model, multi_avg_fn=follow, use_buffers=True)
