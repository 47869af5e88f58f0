"""The one training recipe, the same for every network of a study."""

import math
import time
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modsearch.record import Epoch, OnEpoch
from modsearch.scoring.data import Batches
from modsearch.space import Fidelity

CURVE_IMAGES = 1000  # all 5,000 of CIFAR after each epoch would cost a fifth of the training time on a CPU


class Diverged(RuntimeError):  # noqa: N818  a word that says it all
    """The loss became infinite or not a number: the network has no accuracy to report."""


def fit(
    model: nn.Module, batches: Batches, fidelity: Fidelity, on_epoch: OnEpoch | None = None
) -> tuple[tuple[Epoch, ...], Tensor]:
    """Train with SGD and Nesterov momentum on a one-cycle schedule with label smoothing.

    The learning rate rises for a quarter of the steps while momentum falls from 0.95 to 0.85, then both go back.
    Before the last epoch, the learning curve's accuracy is taken over about a thousand of the validation images.
    The model runs channels_last where that is safe, on CUDA under bfloat16 autocast.

    Returns:
        The learning curve, and for each validation image whether the final weights classify it correctly (bool, N).

    Raises:
        Diverged: the loss of an epoch is not finite.
    """
    model.to(memory_format=_layout(model))
    optimizer, schedule = _optimizer(model, fidelity, batches.num_batches)
    curve_stride = max(1, batches.num_validation // CURVE_IMAGES)
    curve: list[Epoch] = []
    correct_N = torch.zeros(0, dtype=torch.bool)
    for number in range(1, fidelity.epochs + 1):
        start = time.perf_counter()
        loss = _train_epoch(model, batches.epoch(number), optimizer, schedule, fidelity.label_smoothing)
        seconds = time.perf_counter() - start
        if not math.isfinite(loss):
            raise Diverged(f"training diverged in epoch {number}: the mean loss is {loss}")
        correct_N = classify(model, batches, stride=1 if number == fidelity.epochs else curve_stride)
        curve.append(Epoch(loss=loss, accuracy=correct_N.float().mean().item(), seconds=seconds))
        if on_epoch is not None:
            on_epoch(number, curve[-1])
    return tuple(curve), correct_N


def _train_epoch(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    label_smoothing: float,
) -> float:
    """One pass over the training images; returns the mean loss of its steps."""
    device, layout = next(model.parameters()).device, _layout(model)
    loss_sum, num_steps = torch.zeros((), device=device), 0
    model.train()
    for x_BCHW, label_B in batches:
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            logits_BK = model(x_BCHW.contiguous(memory_format=layout))
            loss = F.cross_entropy(logits_BK, label_B, label_smoothing=label_smoothing)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        loss_sum += loss.detach()
        num_steps += 1
    return loss_sum.item() / num_steps


def classify(model: nn.Module, batches: Batches, stride: int = 1) -> Tensor:
    """Whether each validation image, or every so many-th, is classified correctly: bool, (N / stride,), on the CPU."""
    device = next(model.parameters()).device
    model.eval()
    hits: list[Tensor] = []
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        for x_BCHW, label_B in batches.validation_batches(stride):
            hits.append(model(x_BCHW).argmax(dim=1) == label_B)
    return torch.cat(hits).cpu()


def _layout(model: nn.Module) -> torch.memory_format:
    """Channels last, the faster one, unless oneDNN would write past its memory there.

    It does so on the CPU in the weight gradient of a strided 1x1 convolution with fewer input channels than a vector
    holds, 8 with AVX2 and 16 with AVX-512 (uxlfoundation/oneDNN issue 6035).
    """
    if next(model.parameters()).device.type != "cpu":
        return torch.channels_last
    convolutions = [each for each in model.modules() if isinstance(each, nn.Conv2d)]
    projections = [each for each in convolutions if each.kernel_size == (1, 1) and each.stride != (1, 1)]
    is_unsafe = any(each.in_channels < 16 for each in projections)
    return torch.contiguous_format if is_unsafe else torch.channels_last


def _optimizer(
    model: nn.Module, fidelity: Fidelity, num_steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """SGD that decays weights but neither biases nor norms, and its one-cycle schedule."""
    decayed = [each for each in model.parameters() if each.ndim > 1]
    others = [each for each in model.parameters() if each.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": fidelity.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=fidelity.learning_rate, momentum=0.9, nesterov=True)
    total_steps = num_steps * fidelity.epochs
    rising = 0.25 if total_steps != 4 else 0.3  # torch divides by zero where the rise is one step long
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, fidelity.learning_rate, total_steps=total_steps, pct_start=rising
    )
    return optimizer, schedule
