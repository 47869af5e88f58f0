"""The one training recipe, the same for every network of a study."""

import math
import time
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modsearch.images import Batches
from modsearch.models.blocks.mod import selector_parameters
from modsearch.record import Epoch, OnEpoch
from modsearch.space import Fidelity
from modsearch.training.checkpoint import Checkpoint, Training

CURVE_IMAGES = 1000  # all 5,000 of CIFAR after each epoch would cost a fifth of the training time on a CPU


class Diverged(ArithmeticError):  # noqa: N818  a word that says it all
    """The loss became infinite or not a number: the network has no accuracy to report."""


def fit(
    model: nn.Module,
    batches: Batches,
    fidelity: Fidelity,
    on_epoch: OnEpoch | None = None,
    checkpoint: Checkpoint | None = None,
    until_epoch: int | None = None,
) -> tuple[tuple[Epoch, ...], Tensor]:
    """Train with the fidelity's optimizer on a one-cycle schedule with label smoothing.

    The learning rate rises for a quarter of the steps while momentum (the first beta of AdamW) falls from 0.95 to 0.85,
    then both go back. Before the last epoch, the learning curve's accuracy is taken over about a thousand of the
    validation images. The model runs channels_last where that is safe, on CUDA under bfloat16 autocast. What it draws
    in a step (dropout, stochastic depth) follows from the batches' seed, epoch and step; torch's own generator is left
    as it was.

    A run that ``checkpoint`` holds is continued where it stood, on the CPU with the same result to the last bit.
    ``on_epoch`` then hears of all its earlier epochs first, at once. One that stops at ``until_epoch``, before the
    schedule ends, is left in ``checkpoint``.

    Returns:
        The learning curve, and for each validation image whether the final weights classify it correctly (bool, N).

    Raises:
        Diverged: the loss of an epoch is not finite.
    """
    last = min(until_epoch or fidelity.epochs, fidelity.epochs)
    model.to(memory_format=_layout(model))
    training = _begin(model, fidelity, batches.num_batches)
    if checkpoint is not None:
        checkpoint.restore(training)
    for number, epoch in enumerate(training.curve, 1):
        if on_epoch is not None:
            on_epoch(number, epoch)
    curve_stride = max(1, batches.num_validation // CURVE_IMAGES)
    correct_N = torch.zeros(0, dtype=torch.bool)
    for number in range(len(training.curve) + 1, last + 1):
        with _own_generator(model):
            loss = _train_epoch(training, batches, fidelity.label_smoothing, checkpoint)
        if not math.isfinite(loss):
            raise Diverged(f"training diverged in epoch {number}: the mean loss is {loss}")
        correct_N = classify(model, batches, stride=1 if number == fidelity.epochs else curve_stride)
        training.end_epoch(Epoch(loss=loss, accuracy=correct_N.float().mean().item(), seconds=training.seconds))
        if on_epoch is not None:
            on_epoch(number, training.curve[-1])
    if len(training.curve) < fidelity.epochs:  # it waits: its curve goes on, its last weights are judged by all images
        correct_N = classify(model, batches)
        if checkpoint is not None:
            checkpoint.save(training)
    return tuple(training.curve), correct_N


def _train_epoch(training: Training, batches: Batches, label_smoothing: float, checkpoint: Checkpoint | None) -> float:
    """The steps of an epoch that are left; returns the mean loss of all its steps."""
    model, optimizer, number = training.model, training.optimizer, len(training.curve) + 1
    device, layout = next(model.parameters()).device, _layout(model)
    start = time.perf_counter() - training.seconds
    model.train()
    for x_BCHW, label_B in batches.epoch(number, training.step):
        torch.manual_seed(batches.step_seed(number, training.step))
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            logits_BK = model(x_BCHW.contiguous(memory_format=layout))
            loss = F.cross_entropy(logits_BK, label_B, label_smoothing=label_smoothing)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        training.schedule.step()
        training.loss_sum += loss.detach()
        training.step += 1
        training.seconds = time.perf_counter() - start
        if checkpoint is not None:
            checkpoint.save_if_due(training)
    mean_loss = training.loss_sum.item() / training.step  # waits for the device
    training.seconds = time.perf_counter() - start
    return mean_loss


def _own_generator(model: nn.Module) -> AbstractContextManager[None]:
    """Draws in here leave torch's generator as it was."""
    device = next(model.parameters()).device
    return torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])


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
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    projections = [conv for conv in convolutions if conv.kernel_size == (1, 1) and conv.stride != (1, 1)]
    is_unsafe = any(projection.in_channels < 16 for projection in projections)
    return torch.contiguous_format if is_unsafe else torch.channels_last


def _begin(model: nn.Module, fidelity: Fidelity, num_batches: int) -> Training:
    """A run at its first step."""
    groups = _groups(model, fidelity)
    optimizer: torch.optim.Optimizer
    if fidelity.optimizer == "adamw":
        optimizer = torch.optim.AdamW(groups, lr=fidelity.learning_rate)
    else:
        optimizer = torch.optim.SGD(groups, lr=fidelity.learning_rate, momentum=0.9, nesterov=True)
    schedule = _one_cycle(optimizer, num_batches * fidelity.epochs)
    return Training(model, optimizer, schedule, torch.zeros((), device=next(model.parameters()).device))


def _groups(model: nn.Module, fidelity: Fidelity) -> list[dict[str, Any]]:
    """What is trained alike: weights are decayed, biases and norms are not, and selectors have a rate of their own."""
    selectors = selector_parameters(model)
    selected = set(selectors)
    others = [parameter for parameter in model.parameters() if parameter not in selected]
    decay, own_rate = fidelity.weight_decay, min(fidelity.learning_rate, fidelity.selector_learning_rate)
    groups = [
        {"params": [parameter for parameter in others if parameter.ndim > 1], "weight_decay": decay},
        {"params": [parameter for parameter in others if parameter.ndim <= 1], "weight_decay": 0.0},
        {"params": selectors, "weight_decay": decay, "lr": own_rate},
    ]
    return [group for group in groups if group["params"]]


def _one_cycle(optimizer: torch.optim.Optimizer, num_steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Up to each group's learning rate and down again; a single step is taken at that rate."""
    if num_steps == 1:  # torch would take it at the end of the cycle, where the rate is next to nothing
        return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
    rising = 0.25 if num_steps != 4 else 0.3  # torch divides by zero where the rise is one step long
    rates = [group["lr"] for group in optimizer.param_groups]
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=num_steps, pct_start=rising)
