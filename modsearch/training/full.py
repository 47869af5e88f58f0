"""A training in full: of one network, in a folder of its own, by one process or several."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from torch import nn

from modsearch.images import Material
from modsearch.record import Epoch, OnEpoch, Score, TrainingRequest, TrainingResult
from modsearch.record.training_file import read_result
from modsearch.training.accuracy import accuracy, class_results, packed
from modsearch.training.checkpoint import CHECKPOINT_INTERVAL_S, Checkpoint
from modsearch.training.folder import CHECKPOINT, begin_in, write_confusion, write_curve, write_result
from modsearch.training.initial import initial_model
from modsearch.training.loop import Course, predict, train
from modsearch.training.state import best_epoch
from modsearch.training.world import ALONE, World


@dataclass(frozen=True)
class Site:
    """Where a training takes place.

    Attributes:
        folder: its own.
        device: of this process.
        world: the processes that train together.
        on_epoch: hears of each epoch, of earlier ones at once.
        on_step: hears of each step: epoch, and how many of its steps are done.
        checkpoint_interval_s: time between two checkpoints: what a kill costs at most.
    """

    folder: Path
    device: torch.device
    world: World = ALONE
    on_epoch: OnEpoch = lambda number, epoch: None
    on_step: Callable[[int, int], None] = lambda epoch, step: None
    checkpoint_interval_s: float = CHECKPOINT_INTERVAL_S


def train_in_full(request: TrainingRequest, material: Material, site: Site) -> TrainingResult:
    """Train a network and write what came of it; a training that was killed goes on where its checkpoint stands.

    All processes of its world call it. The weights of the epoch with the highest accuracy on the validation images are
    kept, or the last ones where there are none; the held-out images are read once, at the end.

    Raises:
        ValueError: another training lies in the folder, or its checkpoint is damaged.
        OSError: the folder cannot be written to, or the disk is full.
        Diverged: the loss is infinite or not a number.
    """
    path = site.folder / CHECKPOINT
    model = initial_model(request)  # a start that cannot be had leaves no folder
    if site.world.is_first:
        begin_in(site.folder, request)
    site.world.wait()
    done = read_result(site.folder)
    site.world.check_same(done is not None)
    if done is not None:
        for number, epoch in enumerate(done.curve, 1):
            site.on_epoch(number, epoch)
        path.unlink(missing_ok=True)  # a kill may have come between the two
        return done
    model.to(site.device)
    with Checkpoint(path, _identity(request), site.checkpoint_interval_s, is_precious=True) as checkpoint:
        curve, _ = train(model, _course(request, material, site, checkpoint), _note(request, material, site))
        result = _judge(model, request, material, site, curve)
    if site.world.is_first:
        checkpoint.remove()
    return result


def _identity(request: TrainingRequest) -> dict[str, str]:
    return {"training": hashlib.sha256(request.model_dump_json().encode()).hexdigest()}


def _course(request: TrainingRequest, material: Material, site: Site, checkpoint: Checkpoint) -> Course:
    return Course(
        feed=material.train,
        recipe=request.recipe,
        world=site.world,
        checkpoint=checkpoint,
        num_classes=len(request.class_names),
        on_step=site.on_step,
        keeps_best=True,
    )


def _num_images(request: TrainingRequest, material: Material) -> int:
    """Of an epoch."""
    return material.train.num_batches * request.recipe.batch_size


def _note(request: TrainingRequest, material: Material, site: Site) -> OnEpoch:
    """The curve is written after each epoch."""
    curve: list[Epoch] = []

    def note(number: int, epoch: Epoch) -> None:
        curve.append(epoch)
        if site.world.is_first:
            write_curve(site.folder, curve, _num_images(request, material))
        site.on_epoch(number, epoch)

    return note


def _judge(
    model: nn.Module, request: TrainingRequest, material: Material, site: Site, curve: tuple[Epoch, ...]
) -> TrainingResult:
    """What the weights are worth that are kept, in float32; the first process writes it."""
    feed = material.held_out or material.train
    taken_N, label_N = predict(model, feed, world=site.world, is_mixed=False)
    correct_N = taken_N == label_N
    validation = None
    if material.train.num_validation:
        found_N, own_N = predict(model, material.train, world=site.world, is_mixed=False)
        validation = accuracy(found_N == own_N, site.device)
    result = TrainingResult(
        epoch=best_epoch(curve),
        score=Score(
            metrics={"accuracy": accuracy(correct_N, site.device)}, learning_curve=curve, correct=packed(correct_N)
        ),
        judged="validation" if material.held_out is None else "held-out",
        validation=validation,
        classes=class_results(taken_N, label_N, request.class_names),
        images_per_second=median(_num_images(request, material) / epoch.seconds for epoch in curve),
    )
    if site.world.is_first:
        write_confusion(site.folder, taken_N, label_N, request.class_names)
        write_result(site.folder, model, result)
    return result
