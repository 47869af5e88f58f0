"""The state of a training between two steps: all that decides how it goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from modsearch.record import Epoch
from modsearch.training.world import ALONE, World

BEST = "best."
"""How the names of the best epoch's weights begin among a training's tensors."""
_STATE = ("momentum_buffer", "step", "exp_avg", "exp_avg_sq")


@dataclass
class Training:
    """A training run between two steps: all that decides how it goes on.

    The order and crops of the images and what a network draws follow from epoch and step, so that no generator belongs
    here.

    Attributes:
        model: on the training device.
        optimizer: SGD or AdamW.
        schedule: of its learning rate and momentum.
        loss_sum: sum of this process's losses of the epoch under way, a scalar on the device.
        layout: of the images in memory.
        world: the processes that train together. Between two epochs they all have the same.
        average: the moving average of the weights, where there is one.
        best: the weights of the best epoch so far, on the CPU, where they are kept.
        correct_N: which validation images the last epoch classified correctly.
        step: steps of the epoch under way that are done.
        seconds: time that these took.
        curve: the epochs that are finished.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    loss_sum: Tensor
    layout: torch.memory_format = torch.contiguous_format
    world: World = ALONE
    average: AveragedModel | None = None
    best: dict[str, Tensor] = field(default_factory=dict)
    correct_N: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.bool))  # noqa: N815
    step: int = 0
    seconds: float = 0.0
    curve: list[Epoch] = field(default_factory=list)

    @property
    def judged(self) -> nn.Module:
        """The network whose accuracy counts."""
        return self.model if self.average is None else self.average.module

    def meet(self) -> None:
        """Average over the processes what each has of its own: at the end of an epoch."""
        own = self.own()
        self.world.average_([own[name] for name in sorted(own)])

    def own(self) -> dict[str, Tensor]:
        """What a process has of its own within an epoch: running statistics, and the sum of its losses."""
        found = {"loss_sum": self.loss_sum}
        for part, module in (("model", self.model), ("average", self.average)):
            if module is not None:
                found |= {f"{part}.{name}": buffer for name, buffer in module.named_buffers() if _is_float(buffer)}
        return found

    def keep_best(self) -> None:
        """Keep the weights of the epoch that has just ended if it is the best one, of equal ones the first."""
        if best_epoch(self.curve) == len(self.curve):
            self.best = {name: tensor.detach().cpu().clone() for name, tensor in self.judged.state_dict().items()}

    def end(self) -> None:
        """Give the network the weights that are kept."""
        if self.best or self.average is not None:
            self.model.load_state_dict(self.best or self.judged.state_dict())

    def end_epoch(self, epoch: Epoch) -> None:
        """Keep a finished epoch and stand at the first step of the next one."""
        self.curve.append(epoch)
        self.loss_sum.zero_()
        self.step, self.seconds = 0, 0.0


def best_epoch(curve: Sequence[Epoch]) -> int:
    """The number of the first epoch of the highest accuracy, counted from 1; the last one without validation images."""
    accuracies = [-1.0 if epoch.accuracy is None else epoch.accuracy for epoch in curve]
    return len(curve) if max(accuracies) < 0 else accuracies.index(max(accuracies)) + 1


def tensors_of(training: Training, state: Mapping[Any, Mapping[str, Tensor | None]]) -> dict[str, Tensor]:
    """Every tensor of a run under its name in the file; ``state`` is the optimizer's by parameter."""
    tensors = {f"model.{name}": tensor for name, tensor in training.model.state_dict().items()}
    for name, parameter in training.model.named_parameters():
        kept = state.get(parameter, {})
        tensors |= {f"{key}.{name}": tensor for key, tensor in kept.items() if tensor is not None}
    if training.average is not None:
        tensors |= {f"average.{name}": tensor for name, tensor in training.average.state_dict().items()}
    return tensors | {"loss_sum": training.loss_sum}


def tensors_of_others(training: Training) -> dict[str, Tensor]:
    """What the processes after the first have of their own, as ``NAME@RANK``; all of them must ask for it."""
    own = training.own()
    gathered = {name: training.world.gather(own[name]) for name in sorted(own)}
    return {f"{name}@{rank}": found[rank] for name, found in gathered.items() for rank in range(1, len(found))}


def as_process(saved: Mapping[str, Tensor], rank: int) -> dict[str, Tensor]:
    """The tensors of a file as the process of this rank had them."""
    shared = {name: tensor for name, tensor in saved.items() if "@" not in name and not name.startswith(BEST)}
    own = {name.removesuffix(f"@{rank}"): tensor for name, tensor in saved.items() if name.endswith(f"@{rank}")}
    return shared | own


def below(saved: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in saved.items() if name.startswith(prefix)}


def _is_float(tensor: Tensor) -> bool:
    return tensor.is_floating_point()


def state_like(training: Training, saved: Mapping[str, Tensor]) -> dict[nn.Parameter, dict[str, Tensor]]:
    """Room for the optimizer's state in a file, in the layout of its parameters: sums of one layout are the same."""
    found: dict[nn.Parameter, dict[str, Tensor]] = {}
    for name, parameter in training.model.named_parameters():
        for key in _STATE:
            like = saved.get(f"{key}.{name}")
            if like is not None:
                is_scalar = like.shape != parameter.shape  # AdamW counts its steps for each parameter, on the CPU
                room = torch.empty_like(like) if is_scalar else torch.empty_like(parameter).detach()
                found.setdefault(parameter, {})[key] = room
    return found


def shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[torch.dtype, torch.Size]]:
    """Number format and shape of each tensor."""
    return {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()}
