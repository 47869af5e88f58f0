"""The one training recipe, the same for every network of a study."""

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modsearch.record import Epoch
from modsearch.scoring.data import Batches
from modsearch.space import Fidelity

OnEpoch = Callable[[int, Epoch], None]
"""Called after each epoch with its number, counted from 1, and what it gave."""


class Diverged(RuntimeError):
    """The loss became infinite or not a number: the network has no accuracy to report."""


def fit(
    model: nn.Module, batches: Batches, fidelity: Fidelity, on_epoch: OnEpoch | None = None
) -> tuple[tuple[Epoch, ...], Tensor]:
    """Train with SGD and Nesterov momentum on a one-cycle schedule with label smoothing.

    The model runs channels_last, on CUDA under bfloat16 autocast.

    Returns:
        The learning curve, and for each validation image whether the final weights classify it correctly (bool, N).

    Raises:
        Diverged: the loss of an epoch is not finite.
    """
    device = next(model.parameters()).device
    model.to(memory_format=torch.channels_last)
    optimizer, schedule = _optimizer(model, fidelity, batches.num_batches)
    curve: list[Epoch] = []
    correct_N = torch.zeros(0, dtype=torch.bool)
    for number in range(1, fidelity.epochs + 1):
        start = time.perf_counter()
        loss_sum = torch.zeros((), device=device)
        model.train()
        for x_BCHW, label_B in batches.epoch(number):
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                loss = F.cross_entropy(model(x_BCHW), label_B, label_smoothing=fidelity.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            loss_sum += loss.detach()
        mean_loss = loss_sum.item() / batches.num_batches
        seconds = time.perf_counter() - start
        if not math.isfinite(mean_loss):
            raise Diverged(f"training diverged in epoch {number}: the mean loss is {mean_loss}")
        correct_N = classify(model, batches)
        curve.append(Epoch(loss=mean_loss, accuracy=correct_N.float().mean().item(), seconds=seconds))
        if on_epoch is not None:
            on_epoch(number, curve[-1])
    return tuple(curve), correct_N


def classify(model: nn.Module, batches: Batches) -> Tensor:
    """Whether each validation image, in order, is classified correctly: bool, (N,), on the CPU."""
    device = next(model.parameters()).device
    model.eval()
    hits: list[Tensor] = []
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        for x_BCHW, label_B in batches.validation_batches():
            hits.append(model(x_BCHW).argmax(dim=1) == label_B)
    return torch.cat(hits).cpu()


def _optimizer(
    model: nn.Module, fidelity: Fidelity, num_steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """SGD that decays weights but neither biases nor norms, and its one-cycle schedule."""
    decayed = [each for each in model.parameters() if each.ndim > 1]
    others = [each for each in model.parameters() if each.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": fidelity.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=fidelity.learning_rate, momentum=0.9, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, fidelity.learning_rate, total_steps=num_steps * fidelity.epochs, pct_start=0.25
    )
    return optimizer, schedule
