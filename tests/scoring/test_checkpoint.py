"""Checkpoints: an interrupted training ends with the same bits, and a bad file costs nothing but itself."""

import errno
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from modsearch.architecture import Architecture, MoD, Standard
from modsearch.record import Epoch, Trained
from modsearch.scoring import Diverged, LocalEvaluator, recipe
from modsearch.scoring.checkpoint import _Progress, _sha256
from modsearch.space import StudySpec, load_spec
from tests.models.tiny import tiny
from tests.scoring.conftest import DEPLOYMENT, FIDELITY

NETWORK = tiny("vgg_bn", MoD(c=4, reduction=4))  # its dropout draws in every step
OTHER = tiny("resnet_basic", Standard())
MOBILE = tiny("mobilenet_v2", MoD(c=4, reduction=4))
CONVNEXT = tiny("convnext", MoD(c=4, reduction=4))
AUGMENTED = FIDELITY.model_copy(update={"augment": True, "epochs": 3})
STEPS = 6  # of an epoch: 200 images in batches of 32

Told = list[tuple[int, Epoch]]


def saving_each_step(spec: StudySpec, device: str, folder: Path) -> LocalEvaluator:
    evaluator = LocalEvaluator(spec, device, checkpoints=folder)
    evaluator.checkpoint_interval_s = 0
    return evaluator


@pytest.fixture
def evaluator(spec: StudySpec, tmp_path: Path) -> LocalEvaluator:
    """It saves after every step."""
    return saving_each_step(spec, "cpu", tmp_path / "checkpoints")


@pytest.fixture(scope="module")
def whole() -> Trained:
    """An uninterrupted run without checkpoints."""
    spec = load_spec("digits_quickstart").with_overrides({"fidelity": AUGMENTED, "deployments": {"cpu": DEPLOYMENT}})
    return LocalEvaluator(spec, "cpu").train(NETWORK, AUGMENTED)


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
            evaluator.train(NETWORK, AUGMENTED)
    assert evaluator.checkpoints is not None
    return evaluator.checkpoints / f"{NETWORK.id}-0-{AUGMENTED.tag}.safetensors"


def count_steps(evaluator: LocalEvaluator, **changes: Any) -> tuple[int, Trained]:
    """The steps that a training takes now."""
    calls: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        loss = F.cross_entropy
        patch.setattr(F, "cross_entropy", lambda *a, **k: [calls.append(1), loss(*a, **k)][1])
        trained = evaluator.train(**{"architecture": NETWORK, "fidelity": AUGMENTED, **changes})
    return len(calls), trained


def same(first: Trained, second: Trained) -> bool:
    """Bit for bit, but for the seconds."""
    curves = [[(each.loss, each.accuracy) for each in run.score.learning_curve] for run in (first, second)]
    bits = first.weights == second.weights and first.score.correct == second.score.correct
    return bits and curves[0] == curves[1] and first.score.metrics == second.score.metrics


@pytest.mark.parametrize("step", [1, STEPS + 2, 3 * STEPS - 1])
def test_a_run_interrupted_in_an_epoch_ends_with_the_same_bits(
    step: int, evaluator: LocalEvaluator, whole: Trained
) -> None:
    file = interrupt(evaluator, step)
    assert file.is_file()
    num_steps, trained = count_steps(evaluator)
    assert num_steps == 3 * STEPS - step
    assert same(trained, whole)
    assert all(epoch.seconds > 0 for epoch in trained.score.learning_curve)
    assert list(file.parent.iterdir()) == [file]


def test_a_result_that_was_not_recorded_costs_only_what_came_after_the_last_checkpoint(
    evaluator: LocalEvaluator, whole: Trained
) -> None:
    evaluator.train(NETWORK, AUGMENTED)
    num_steps, trained = count_steps(evaluator)
    assert num_steps == 0
    assert same(trained, whole)


def test_the_next_network_clears_away_a_checkpoint_that_nobody_removed(evaluator: LocalEvaluator) -> None:
    evaluator.train(NETWORK, AUGMENTED)
    assert evaluator.checkpoints is not None
    [left] = evaluator.checkpoints.iterdir()
    evaluator.train(MOBILE, AUGMENTED)
    assert not left.exists()


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("network", [MOBILE, CONVNEXT], ids=["dropout", "stochastic depth"])
def test_either_optimizer_and_what_is_drawn_at_random_go_on_with_the_same_bits(
    optimizer: str, network: Architecture, spec: StudySpec, tmp_path: Path
) -> None:
    rate = {"sgd": 0.1, "adamw": 0.003}[optimizer]
    fidelity = AUGMENTED.model_copy(update={"optimizer": optimizer, "learning_rate": rate, "images_per_class": 8})
    saving = saving_each_step(spec, "cpu", tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(F, "cross_entropy", raise_at(4, KeyboardInterrupt(), F.cross_entropy))
        with pytest.raises(KeyboardInterrupt):
            saving.train(network, fidelity)
    num_steps, trained = count_steps(saving, architecture=network, fidelity=fidelity)
    assert num_steps == 3 * 2 - 3
    torch.manual_seed(7)  # what others drew before does not matter
    assert same(trained, LocalEvaluator(spec, "cpu").train(network, fidelity))


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_run_interrupted_at_the_end_of_an_epoch_ends_with_the_same_bits(
    epoch: int, evaluator: LocalEvaluator, whole: Trained
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "classify", raise_at(epoch, KeyboardInterrupt(), recipe.classify))
        with pytest.raises(KeyboardInterrupt):
            evaluator.train(NETWORK, AUGMENTED)
    num_steps, trained = count_steps(evaluator)
    assert num_steps == (3 - epoch) * STEPS
    assert same(trained, whole)


def test_a_run_interrupted_again_and_again_ends_with_the_same_bits(evaluator: LocalEvaluator, whole: Trained) -> None:
    for _ in range(3):
        interrupt(evaluator, 4)
    num_steps, trained = count_steps(evaluator)
    assert num_steps == 3 * STEPS - 12
    assert same(trained, whole)


def test_epochs_before_the_interrupt_are_told_once_and_keep_their_seconds(evaluator: LocalEvaluator) -> None:
    first, again = Told(), Told()

    def stop(number: int, epoch: Epoch) -> None:
        first.append((number, epoch))
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluator.train(NETWORK, AUGMENTED, on_epoch=stop)
    trained = evaluator.train(NETWORK, AUGMENTED, on_epoch=lambda number, epoch: again.append((number, epoch)))
    assert [number for number, _ in again] == [1, 2, 3]
    assert again[:2] == first[:2]
    assert tuple(epoch for _, epoch in again) == trained.score.learning_curve


def test_the_time_of_an_interrupted_epoch_is_kept(evaluator: LocalEvaluator) -> None:
    file = interrupt(evaluator, 5)
    _edit(file, seconds=1000.0)
    assert 1000 < evaluator.train(NETWORK, AUGMENTED).score.learning_curve[0].seconds < 1060


def test_nothing_is_saved_before_the_interval_has_passed(spec: StudySpec, tmp_path: Path) -> None:
    patient = LocalEvaluator(spec, "cpu", checkpoints=tmp_path / "checkpoints")
    interrupt(patient, 5)
    assert not (tmp_path / "checkpoints").exists()
    without = LocalEvaluator(spec, "cpu")
    assert without.train(NETWORK, FIDELITY).score.learning_curve
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [Diverged("no"), RuntimeError("out of memory")])
def test_a_run_that_fails_leaves_no_checkpoint(evaluator: LocalEvaluator, error: Exception) -> None:
    file = interrupt(evaluator, 4, error)
    assert list(file.parent.iterdir()) == []


def test_a_run_that_is_screened_out_leaves_no_checkpoint(evaluator: LocalEvaluator, tmp_path: Path) -> None:
    class Screened(Exception):  # noqa: N818
        pass

    def stop(number: int, _epoch: Epoch) -> None:
        raise Screened

    with pytest.raises(Screened):
        evaluator.train(NETWORK, AUGMENTED, on_epoch=stop)
    assert list((tmp_path / "checkpoints").iterdir()) == []


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(content)


def _replace_by_weights(file: Path) -> None:
    save_file({"stem": torch.zeros(3)}, file, {"format": "pt"})


def _edit(file: Path, **changes: object) -> None:
    """Another progress in a file whose hash is right."""
    with safe_open(file, "pt") as opened:
        progress = _Progress.model_validate_json(opened.metadata()["progress"])
    tensors = load_file(file)
    text = progress.model_copy(update=changes).model_dump_json()
    save_file(tensors, file, {"progress": text, "sha256": _sha256(text, tensors)})


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
    "newer version": lambda file: _edit(file, schema_version=99),
    "other images": lambda file: _edit(file, identity={"data": "other"}),
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
        patch.setattr(recipe, "_train_epoch", raise_at(1, KeyboardInterrupt(), recipe._train_epoch))
        with pytest.raises(KeyboardInterrupt):
            evaluator.train(NETWORK, AUGMENTED)
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
    assert same(evaluator.train(NETWORK, AUGMENTED), whole)
    assert evaluator.checkpoints is not None
    assert list(evaluator.checkpoints.iterdir()) == []


@pytest.mark.gpu
def test_a_run_on_cuda_goes_on_where_it_stood(spec: StudySpec, tmp_path: Path) -> None:
    evaluator = saving_each_step(spec, "cuda", tmp_path)
    interrupt(evaluator, 8)
    num_steps, trained = count_steps(evaluator)
    assert num_steps == 3 * STEPS - 8
    whole = LocalEvaluator(spec, "cuda").train(NETWORK, AUGMENTED)
    curves = [[each.loss for each in run.score.learning_curve] for run in (trained, whole)]
    assert curves[0] == pytest.approx(curves[1], rel=0.05)
