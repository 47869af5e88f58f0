"""The optimizer of a recipe, and the schedule of its learning rate."""

import math
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ConstantLR, LambdaLR, LRScheduler, OneCycleLR

from modsearch.models.blocks.mod import selector_parameters
from modsearch.space import Cosine, OneCycle, Recipe


def make_optimizer(model: nn.Module, recipe: Recipe) -> Optimizer:
    """SGD or AdamW over the groups of ``groups``."""
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups(model, recipe), lr=recipe.learning_rate)
    return torch.optim.SGD(
        groups(model, recipe), lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=recipe.nesterov
    )


def groups(model: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """What is trained alike: weights, biases and norms, and selectors, which have a rate of their own."""
    selectors = selector_parameters(model)
    selected = set(selectors)
    others = [parameter for parameter in model.parameters() if parameter not in selected]
    decay, own_rate = recipe.weight_decay, min(recipe.learning_rate, recipe.selector_learning_rate)
    found = [
        {"params": [parameter for parameter in others if parameter.ndim > 1], "weight_decay": decay},
        {
            "params": [parameter for parameter in others if parameter.ndim <= 1],
            "weight_decay": decay if recipe.decay_norms else 0.0,
        },
        {"params": selectors, "weight_decay": decay, "lr": own_rate},
    ]
    return [group for group in found if group["params"]]


def make_schedule(optimizer: Optimizer, recipe: Recipe, num_batches: int) -> LRScheduler:
    """Of each group's learning rate, step by step.

    Args:
        optimizer: its rates are the highest.
        recipe: epochs and kind of schedule.
        num_batches: steps of an epoch.
    """
    schedule, num_steps = recipe.schedule, num_batches * recipe.epochs
    if isinstance(schedule, OneCycle):
        return _one_cycle(optimizer, num_steps, schedule.warmup)
    if isinstance(schedule, Cosine):
        warmup = min(round(schedule.warmup_epochs * num_batches), num_steps - 1)
        return LambdaLR(optimizer, lambda step: _cosine(step, warmup, num_steps))
    return LambdaLR(optimizer, lambda step: schedule.factor ** (step // num_batches // schedule.every))


def _cosine(step: int, warmup: int, num_steps: int) -> float:
    """Evenly up to 1 in the first steps, then down to nearly nothing in the last one."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (num_steps - warmup)))


def _one_cycle(optimizer: Optimizer, num_steps: int, warmup: float) -> LRScheduler:
    """Up to each group's learning rate and down again; a single step is taken at that rate."""
    if num_steps == 1:  # torch would take it at the end of the cycle, where the rate is next to nothing
        return ConstantLR(optimizer, factor=1.0)
    if warmup * num_steps == 1:  # torch divides by zero where the rise is one step long
        warmup *= 1.2
    rates = [group["lr"] for group in optimizer.param_groups]
    return OneCycleLR(optimizer, rates, total_steps=num_steps, pct_start=warmup)
