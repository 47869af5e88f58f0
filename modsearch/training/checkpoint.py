"""Checkpoints of a training run, so that a kill costs no more than the time since the last one."""

import hashlib
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import torch
from pydantic import BaseModel
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from modsearch.file import appearing
from modsearch.record import Epoch
from modsearch.training.state import (
    BEST,
    Training,
    as_process,
    below,
    shapes,
    state_like,
    tensors_of,
    tensors_of_others,
)

CHECKPOINT_INTERVAL_S = 120.0

_SCHEMA_VERSION = 3  # to be raised with the recipe too: no run is begun by one recipe and finished by another

_SCHEDULED = ("lr", "momentum", "betas")


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
        is_precious: a file that cannot be continued is an error, and one is kept when the run ends with an error. The
            training of a network in full is more than a trial that its search can repeat.
    """

    def __init__(
        self,
        path: Path,
        identity: Mapping[str, str],
        interval_s: float = CHECKPOINT_INTERVAL_S,
        is_precious: bool = False,
    ) -> None:
        self.path = path
        self.identity = dict(identity)
        self.interval_s = interval_s
        self.is_precious = is_precious
        self._last_s = time.monotonic()

    def __enter__(self) -> Self:
        self._last_s = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, Exception) and not self.is_precious:
            self.remove()

    def restore(self, training: Training) -> None:
        """Put a run that has just begun where the checkpoint stands, if there is a sound one of this very run.

        Any other file is removed: it could only cost the trial that it is there to save.

        Raises:
            ValueError: the training is precious, and the file is damaged or of another run.
        """
        try:
            progress, saved = self._read()
            training.best = below(saved, BEST)
            saved = as_process(saved, training.world.rank)
            state = state_like(training, saved)
            live = tensors_of(training, state)
            if shapes(live) != shapes(saved):
                raise ValueError("the tensors of another network")
        except FileNotFoundError:
            if self.is_precious:  # a disk without room is told before hours are spent
                self.save(training)
            return
        except Exception as error:  # whatever a broken file breaks with
            if self.is_precious and isinstance(error, (OSError, MemoryError)):
                raise
            if self.is_precious:
                reason = (str(error) or type(error).__name__).splitlines()[0]
                rule = f"a whole checkpoint of this training: {reason}. Remove it to begin anew"
                raise ValueError(f"{str(self.path)!r} must be {rule}.") from None
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

    @property
    def is_due(self) -> bool:
        """Whether the interval has passed."""
        return time.monotonic() - self._last_s >= self.interval_s

    def save_if_possible(self, training: Training) -> None:
        """Save a run that stands between two steps.

        A checkpoint that cannot be written, on a full disk say, is left out: that is no reason to lose the trial.
        """
        with suppress(OSError):
            self.save(training)
        self._last_s = time.monotonic()

    def save(self, training: Training) -> None:
        """Save a run that stands between two steps: all processes call it, the first one writes.

        Raises:
            OSError: the file cannot be written.
        """
        live = tensors_of(training, training.optimizer.state) | tensors_of_others(training)
        live |= {BEST + name: tensor for name, tensor in training.best.items()}
        if not training.world.is_first:
            return
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in live.items()}
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


def _sha256(progress: str, tensors: Mapping[str, Tensor]) -> str:
    """Over all that is in a file: half a write is not the only way in which disks fail."""
    sha256 = hashlib.sha256(progress.encode())
    for name in sorted(tensors):
        sha256.update(tensors[name].numpy().reshape(-1).data)
    return sha256.hexdigest()
