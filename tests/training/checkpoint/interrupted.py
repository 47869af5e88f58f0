"""Trainings that are interrupted, and what they take when they go on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from modsearch.architecture import MoD
from modsearch.record import Task, Trained
from modsearch.scoring import LocalEvaluator
from modsearch.space import StudySpec
from modsearch.training.checkpoint import _Progress, _sha256
from tests.models.tiny import tiny
from tests.scoring.conftest import FIDELITY

NETWORK = tiny("vgg_bn", MoD(c=4, reduction=4))  # its dropout draws in every step
AUGMENTED = FIDELITY.model_copy(update={"augment": True, "epochs": 3})
STEPS = 6  # of an epoch: 200 images in batches of 32


def saving_each_step(spec: StudySpec, device: str, folder: Path) -> LocalEvaluator:
    evaluator = LocalEvaluator(spec, device, checkpoints=folder)
    evaluator.checkpoint_interval_s = 0
    return evaluator


def raise_at(call: int, error: BaseException, wrapped: Callable[..., Any]) -> Callable[..., Any]:
    """``wrapped``, but its so many-th call raises."""
    calls = iter(range(1, 1000))

    def wrapper(*arguments: Any, **options: Any) -> Any:
        if next(calls) == call:
            raise error
        return wrapped(*arguments, **options)

    return wrapper


def interrupt(evaluator: LocalEvaluator, step: int, error: BaseException | None = None) -> Path:
    """Train until so many steps are done, and break off; returns where the checkpoint lies or would lie."""
    error = error or KeyboardInterrupt()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(F, "cross_entropy", raise_at(step + 1, error, F.cross_entropy))
        with pytest.raises(type(error)):
            evaluator.train(Task(architecture=NETWORK, fidelity=AUGMENTED))
    assert evaluator.checkpoints is not None
    return evaluator.checkpoints / f"{NETWORK.id}-0-{AUGMENTED.tag}.safetensors"


def count_steps(evaluator: LocalEvaluator, **changes: Any) -> tuple[int, Trained]:
    """The steps that a training takes now."""
    calls: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        loss = F.cross_entropy
        patch.setattr(F, "cross_entropy", lambda *a, **k: [calls.append(1), loss(*a, **k)][1])
        trained = evaluator.train(Task(**{"architecture": NETWORK, "fidelity": AUGMENTED, **changes}))
    return len(calls), trained


def same(first: Trained, second: Trained) -> bool:
    """Bit for bit, but for the seconds."""
    curves = [[(epoch.loss, epoch.accuracy) for epoch in run.score.learning_curve] for run in (first, second)]
    bits = first.weights == second.weights and first.score.correct == second.score.correct
    return bits and curves[0] == curves[1] and first.score.metrics == second.score.metrics


def edit(file: Path, **changes: object) -> None:
    """Another progress in a file whose hash is right."""
    with safe_open(file, "pt") as opened:
        progress = _Progress.model_validate_json(opened.metadata()["progress"])
    tensors = load_file(file)
    text = progress.model_copy(update=changes).model_dump_json()
    save_file(tensors, file, {"progress": text, "sha256": _sha256(text, tensors)})
