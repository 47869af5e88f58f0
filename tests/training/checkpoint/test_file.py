"""A bad checkpoint costs nothing but itself."""

import errno
import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from modsearch.architecture import Standard
from modsearch.record import Task, Trained
from modsearch.scoring import LocalEvaluator
from modsearch.space import StudySpec
from modsearch.training import loop
from modsearch.training.checkpoint import _sha256
from tests.models.tiny import tiny
from tests.scoring.conftest import FIDELITY
from tests.training.checkpoint.interrupted import (
    AUGMENTED,
    NETWORK,
    STEPS,
    count_steps,
    edit,
    interrupt,
    raise_at,
    same,
)

pytestmark = pytest.mark.slow

OTHER = tiny("resnet_basic", Standard())


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(content)


def _replace_by_weights(file: Path) -> None:
    save_file({"stem": torch.zeros(3)}, file, {"format": "pt"})


def _drop_a_tensor(file: Path) -> None:
    with safe_open(file, "pt") as opened:
        progress = opened.metadata()["progress"]
    tensors = load_file(file)
    del tensors["model.head.9.weight"]
    save_file(tensors, file, {"progress": progress, "sha256": _sha256(progress, tensors)})


BAD: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "torn": _truncate,
    "flipped bit": _flip,
    "no safetensors": lambda file: file.write_text("not a checkpoint"),
    "weights": _replace_by_weights,
    "newer version": lambda file: edit(file, schema_version=99),
    "other images": lambda file: edit(file, identity={"data": "other"}),
    "other tensors": _drop_a_tensor,
}


@pytest.mark.parametrize("damage", BAD)
def test_a_bad_checkpoint_is_removed_and_the_run_begins_anew(
    damage: str, evaluator: LocalEvaluator, whole: Trained
) -> None:
    file = interrupt(evaluator, 8)
    BAD[damage](file)
    evaluator.checkpoint_interval_s = math.inf
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "_train_epoch", raise_at(1, KeyboardInterrupt(), loop._train_epoch))
        with pytest.raises(KeyboardInterrupt):
            evaluator.train(Task(architecture=NETWORK, fidelity=AUGMENTED))
    assert not file.exists()
    num_steps, trained = count_steps(evaluator)
    assert num_steps == 3 * STEPS
    assert same(trained, whole)


def test_a_checkpoint_that_cannot_be_removed_is_ignored(evaluator: LocalEvaluator, tmp_path: Path) -> None:
    (tmp_path / "checkpoints" / f"{NETWORK.id}-0-{AUGMENTED.tag}.safetensors").mkdir(parents=True)
    assert count_steps(evaluator)[0] == 3 * STEPS


def test_each_network_replicate_and_fidelity_has_a_checkpoint_of_its_own(
    spec: StudySpec, evaluator: LocalEvaluator
) -> None:
    file = interrupt(evaluator, 8)
    for changes in ({"architecture": OTHER}, {"replicate": 1}, {"fidelity": FIDELITY}):
        epochs = FIDELITY.epochs if "fidelity" in changes else 3
        assert count_steps(evaluator, **changes)[0] == epochs * STEPS
        assert file.is_file()
    other_seed = LocalEvaluator(spec.with_overrides({"seed": 7}), "cpu", checkpoints=file.parent)
    assert count_steps(other_seed)[0] == 3 * STEPS  # the same name, another run


def test_a_full_disk_costs_the_checkpoint_and_not_the_trial(
    evaluator: LocalEvaluator, whole: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert same(evaluator.train(Task(architecture=NETWORK, fidelity=AUGMENTED)), whole)
    assert evaluator.checkpoints is not None
    assert list(evaluator.checkpoints.iterdir()) == []
