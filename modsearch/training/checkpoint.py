"""Checkpoints of a training run, so that a kill costs no more than the time since the last one."""

import hashlib
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import torch
from pydantic import BaseModel
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from modsearch.file import appearing
from modsearch.record import Epoch

CHECKPOINT_INTERVAL_S = 120.0

_SCHEMA_VERSION = 3  # to be raised with the recipe too: no run is begun by one recipe and finished by another

_SCHEDULED = ("lr", "momentum", "betas")
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
        loss_sum: sum of the losses of the epoch under way, a scalar on the device.
        step: how many they are.
        seconds: time that they took.
        curve: the epochs that are finished.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    loss_sum: Tensor
    step: int = 0
    seconds: float = 0.0
    curve: list[Epoch] = field(default_factory=list)

    def end_epoch(self, epoch: Epoch) -> None:
        """Keep a finished epoch and stand at the first step of the next one."""
        self.curve.append(epoch)
        self.loss_sum.zero_()
        self.step, self.seconds = 0, 0.0


class _Progress(BaseModel):
    """What a checkpoint holds beside tensors."""

    schema_version: int
    identity: dict[str, str]
    step: int
    seconds: float
    curve: list[Epoch]
    groups: list[dict[str, float | tuple[float, float]]]  # learning rate and momentum of the optimizer's
    schedule: dict[str, Any]


class Checkpoint:
    """The checkpoint of one training run: a safetensors file with JSON in its metadata.

    Use it as a context manager around the training. A run that ends with an error has no use for the file, which is
    removed then; it stays when the run is interrupted or killed. It also stays when the run ends well, until its result
    is recorded, which is for others to say: a kill before that costs no more than one in the middle.

    Args:
        path: the file. Its folder is made when it is needed.
        identity: what the run trains, on what and with what. A file with another identity is never continued.
        interval_s: time between two checkpoints.
    """

    def __init__(self, path: Path, identity: Mapping[str, str], interval_s: float = CHECKPOINT_INTERVAL_S) -> None:
        self.path = path
        self.identity = dict(identity)
        self.interval_s = interval_s
        self._last_s = time.monotonic()

    def __enter__(self) -> Self:
        self._last_s = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, Exception):
            self.remove()

    def restore(self, training: Training) -> None:
        """Put a run that has just begun where the checkpoint stands, if there is a sound one of this very run.

        Any other file is removed: it could only cost the trial that it is there to save.
        """
        try:
            progress, saved = self._read()
            state = _state_like(training, saved)
            live = _tensors(training, state)
            if _shapes(live) != _shapes(saved):
                raise ValueError("the tensors of another network")
        except FileNotFoundError:
            return
        except Exception:  # whatever a broken file breaks with
            self.remove()
            return
        with torch.no_grad():
            for name, tensor in live.items():
                tensor.copy_(saved[name])
        for parameter, tensors in state.items():
            training.optimizer.state[parameter].update(tensors)
        for group, values in zip(training.optimizer.param_groups, progress.groups, strict=True):
            group.update(values)
        training.schedule.load_state_dict(progress.schedule)
        training.step, training.seconds, training.curve = progress.step, progress.seconds, progress.curve

    def save_if_due(self, training: Training) -> None:
        """Save a run that stands between two steps, when the interval has passed.

        A checkpoint that cannot be written, on a full disk say, is left out: that is no reason to lose the trial.
        """
        if time.monotonic() - self._last_s < self.interval_s:
            return
        with suppress(OSError):
            self.save(training)
        self._last_s = time.monotonic()

    def save(self, training: Training) -> None:
        """Save a run that stands between two steps. Raises OSError where the file cannot be written."""
        live = _tensors(training, training.optimizer.state)
        tensors = {name: tensor.cpu().contiguous() for name, tensor in live.items()}
        progress = _Progress(
            schema_version=_SCHEMA_VERSION,
            identity=self.identity,
            step=training.step,
            seconds=training.seconds,
            curve=training.curve,
            groups=[
                {key: group[key] for key in _SCHEDULED if key in group} for group in training.optimizer.param_groups
            ],
            schedule=training.schedule.state_dict(),
        ).model_dump_json()
        self._write(save(tensors, {"progress": progress, "sha256": _sha256(progress, tensors)}))

    def _write(self, content: bytes) -> None:
        """Whole or not at all, also where the machine loses power."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with appearing(self.path, self._part) as file:
            file.write(content)

    def _read(self) -> tuple[_Progress, dict[str, Tensor]]:
        with safe_open(self.path, "pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no mapping
        if metadata["sha256"] != _sha256(metadata["progress"], tensors):
            raise ValueError("other bytes than were written")
        progress = _Progress.model_validate_json(metadata["progress"])
        if (progress.schema_version, progress.identity) != (_SCHEMA_VERSION, self.identity):
            raise ValueError("the checkpoint of another run")
        return progress, tensors

    @property
    def _part(self) -> Path:
        return self.path.with_suffix(".part")

    def remove(self) -> None:
        """Remove the file, if it is there."""
        for path in (self.path, self._part):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _tensors(training: Training, state: Mapping[Any, Mapping[str, Tensor | None]]) -> dict[str, Tensor]:
    """Every tensor of a run under its name in the file; ``state`` is the optimizer's by parameter."""
    tensors = {f"model.{name}": tensor for name, tensor in training.model.state_dict().items()}
    for name, parameter in training.model.named_parameters():
        kept = state.get(parameter, {})
        tensors |= {f"{key}.{name}": tensor for key, tensor in kept.items() if tensor is not None}
    return tensors | {"loss_sum": training.loss_sum}


def _state_like(training: Training, saved: Mapping[str, Tensor]) -> dict[nn.Parameter, dict[str, Tensor]]:
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


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[torch.dtype, torch.Size]]:
    return {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()}


def _sha256(progress: str, tensors: Mapping[str, Tensor]) -> str:
    """Over all that is in a file: half a write is not the only way in which disks fail."""
    sha256 = hashlib.sha256(progress.encode())
    for name in sorted(tensors):
        sha256.update(tensors[name].numpy().reshape(-1).data)
    return sha256.hexdigest()
