"""An interrupted training ends with the same bits."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from modsearch.architecture import Architecture, MoD
from modsearch.record import Epoch, Task, Trained
from modsearch.scoring import LocalEvaluator
from modsearch.space import StudySpec
from modsearch.training import Diverged, loop
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
    saving_each_step,
)

MOBILE = tiny("mobilenet_v2", MoD(c=4, reduction=4))
CONVNEXT = tiny("convnext", MoD(c=4, reduction=4))

Told = list[tuple[int, Epoch]]


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
    evaluator.train(Task(architecture=NETWORK, fidelity=AUGMENTED))
    num_steps, trained = count_steps(evaluator)
    assert num_steps == 0
    assert same(trained, whole)


@pytest.mark.slow
def test_the_next_network_clears_away_a_checkpoint_that_nobody_removed(evaluator: LocalEvaluator) -> None:
    evaluator.train(Task(architecture=NETWORK, fidelity=AUGMENTED))
    assert evaluator.checkpoints is not None
    [left] = evaluator.checkpoints.iterdir()
    evaluator.train(Task(architecture=MOBILE, fidelity=AUGMENTED))
    assert not left.exists()


@pytest.mark.slow
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
            saving.train(Task(architecture=network, fidelity=fidelity))
    num_steps, trained = count_steps(saving, architecture=network, fidelity=fidelity)
    assert num_steps == 3 * 2 - 3
    torch.manual_seed(7)  # what others drew before does not matter
    assert same(trained, LocalEvaluator(spec, "cpu").train(Task(architecture=network, fidelity=fidelity)))


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_run_interrupted_at_the_end_of_an_epoch_ends_with_the_same_bits(
    epoch: int, evaluator: LocalEvaluator, whole: Trained
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "predict", raise_at(epoch, KeyboardInterrupt(), loop.predict))
        with pytest.raises(KeyboardInterrupt):
            evaluator.train(Task(architecture=NETWORK, fidelity=AUGMENTED))
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
        evaluator.train(Task(architecture=NETWORK, fidelity=AUGMENTED), stop)
    trained = evaluator.train(
        Task(architecture=NETWORK, fidelity=AUGMENTED), lambda number, epoch: again.append((number, epoch))
    )
    assert [number for number, _ in again] == [1, 2, 3]
    assert again[:2] == first[:2]
    assert tuple(epoch for _, epoch in again) == trained.score.learning_curve


def test_the_time_of_an_interrupted_epoch_is_kept(evaluator: LocalEvaluator) -> None:
    file = interrupt(evaluator, 5)
    edit(file, seconds=1000.0)
    assert 1000 < evaluator.train(Task(architecture=NETWORK, fidelity=AUGMENTED)).score.learning_curve[0].seconds < 1060


def test_nothing_is_saved_before_the_interval_has_passed(spec: StudySpec, tmp_path: Path) -> None:
    patient = LocalEvaluator(spec, "cpu", checkpoints=tmp_path / "checkpoints")
    interrupt(patient, 5)
    assert not (tmp_path / "checkpoints").exists()
    without = LocalEvaluator(spec, "cpu")
    assert without.train(Task(architecture=NETWORK, fidelity=FIDELITY)).score.learning_curve
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
        evaluator.train(Task(architecture=NETWORK, fidelity=AUGMENTED), stop)
    assert list((tmp_path / "checkpoints").iterdir()) == []


@pytest.mark.gpu
def test_a_run_on_cuda_goes_on_where_it_stood(spec: StudySpec, tmp_path: Path) -> None:
    evaluator = saving_each_step(spec, "cuda", tmp_path)
    interrupt(evaluator, 8)
    num_steps, trained = count_steps(evaluator)
    assert num_steps == 3 * STEPS - 8
    whole = LocalEvaluator(spec, "cuda").train(Task(architecture=NETWORK, fidelity=AUGMENTED))
    curves = [[epoch.loss for epoch in run.score.learning_curve] for run in (trained, whole)]
    assert curves[0] == pytest.approx(curves[1], rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("until", [1, 2])
def test_a_training_that_waits_at_an_epoch_and_is_continued_gives_the_same_bits(
    until: int, spec: StudySpec, tmp_path: Path, whole: Trained
) -> None:
    """Also where another process continues it, long after the last checkpoint was due."""
    first = Task(architecture=NETWORK, fidelity=AUGMENTED, until_epoch=until)
    evaluator = LocalEvaluator(spec, "cpu", checkpoints=tmp_path)
    waiting = evaluator.train(first)
    assert len(waiting.score.learning_curve) == until
    assert waiting.score.metrics["accuracy"].num_samples == whole.score.metrics["accuracy"].num_samples
    evaluator.train(Task(architecture=MOBILE, fidelity=AUGMENTED, until_epoch=1))  # clears nothing away
    assert len(list(tmp_path.iterdir())) == 2
    again = first.model_copy(update={"until_epoch": None, "continues": 0})
    assert again.key == first.key
    num_steps, trained = count_steps(LocalEvaluator(spec, "cpu", checkpoints=tmp_path), until_epoch=None)
    assert num_steps == (3 - until) * STEPS
    assert same(trained, whole)
