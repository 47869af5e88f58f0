"""The one training loop: of a proxy as of a network in full."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from inspect import signature
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from modsearch.images import Batch, Feed
from modsearch.record import Epoch, OnEpoch
from modsearch.space import Recipe
from modsearch.training.average import averaged
from modsearch.training.checkpoint import Checkpoint
from modsearch.training.mixing import mix
from modsearch.training.optimizer import make_optimizer, make_schedule
from modsearch.training.state import Training
from modsearch.training.world import ALONE, World

# Each process keeps running statistics of its own within an epoch; torch has given this a new name.
_SYNC = "forward_sync_buffers"
if _SYNC not in signature(DistributedDataParallel).parameters:
    _SYNC = "broadcast_buffers"


class Diverged(ArithmeticError):  # noqa: N818  a word that says it all
    """The loss became infinite or not a number: the network has no accuracy to report."""


@dataclass(frozen=True)
class Course:
    """What a training goes by.

    Attributes:
        feed: its images.
        recipe: how.
        world: the processes that train together.
        checkpoint: where it is kept between two steps.
        num_classes: outputs of the network; asked for where images are mixed.
        on_step: called after each step with the number of its epoch and how many of the epoch's steps are done.
        curve_images: about how many validation images judge an epoch before the last; None for all.
        keeps_best: keep the weights of the best epoch, not the last.
    """

    feed: Feed
    recipe: Recipe
    world: World = ALONE
    checkpoint: Checkpoint | None = None
    num_classes: int = 0
    on_step: Callable[[int, int], None] | None = None
    curve_images: int | None = None
    keeps_best: bool = False


def train(
    model: nn.Module, course: Course, on_epoch: OnEpoch | None = None, until_epoch: int | None = None
) -> tuple[tuple[Epoch, ...], Tensor]:
    """Train a network; it ends with the weights that are kept.

    These are the moving average, where the recipe has one. The model runs channels_last where that is safe, on CUDA
    under bfloat16 autocast if the recipe says so. What it draws in a step (dropout, stochastic depth, mixup) follows
    from the feed's seed, epoch and step; torch's own generator is left as it was. Processes average their gradients at
    every step, and their running statistics at the end of an epoch.

    A run that the checkpoint holds is continued where it stood, on the CPU, by one process or two, with the same result
    to the last bit.
    ``on_epoch`` then hears of all its earlier epochs first, at once. One that stops at ``until_epoch``, before the
    schedule ends, is left in the checkpoint.

    Returns:
        The learning curve, and for each validation image whether the last weights classify it correctly (bool, N).

    Raises:
        Diverged: the loss of an epoch is not finite.
    """
    recipe, checkpoint = course.recipe, course.checkpoint
    last = min(until_epoch or recipe.epochs, recipe.epochs)
    model.to(memory_format=_layout(model))
    runner = _runner(model, course)  # which gives all processes the weights of the first, before they go on
    training = begin(model, course)
    if checkpoint is not None:
        _go_on(training, checkpoint, course)
    for number, epoch in enumerate(training.curve, 1):
        if on_epoch is not None:
            on_epoch(number, epoch)
    for number in range(len(training.curve) + 1, last + 1):
        with _own_generator(model):
            loss = _train_epoch(training, runner, course)
        if not math.isfinite(loss):
            raise Diverged(f"training diverged in epoch {number}: the mean loss is {loss}")
        training.correct_N = _judge(training, course)
        accuracy = training.correct_N.float().mean().item() if len(training.correct_N) else None
        training.end_epoch(Epoch(loss=loss, accuracy=accuracy, seconds=training.seconds))
        if course.keeps_best:
            training.keep_best()
        if on_epoch is not None:
            on_epoch(number, training.curve[-1])
    if len(training.curve) < recipe.epochs:  # it waits: its curve goes on, its last weights are judged by all images
        training.correct_N = classify(model, course.feed)
        if checkpoint is not None:
            checkpoint.save(training)
    training.end()
    return tuple(training.curve), training.correct_N


def begin(model: nn.Module, course: Course) -> Training:
    """A run at its first step."""
    recipe, num_batches = course.recipe, course.feed.num_batches
    optimizer = make_optimizer(model, recipe)
    training = Training(
        model=model,
        optimizer=optimizer,
        schedule=make_schedule(optimizer, recipe, num_batches),
        loss_sum=torch.zeros((), device=_device(model)),
        layout=_layout(model),
        world=course.world,
    )
    if recipe.ema is not None:
        training.average = averaged(model, recipe.ema, lambda: len(training.curve) * num_batches + training.step)
    return training


def _go_on(training: Training, checkpoint: Checkpoint, course: Course) -> None:
    """Put a run that has just begun where its checkpoint stands, which all of its processes must find alike."""
    course.world.check_same(checkpoint.path.exists())
    checkpoint.restore(training)
    course.world.check_same(len(training.curve) * course.feed.num_batches + training.step)


def _runner(model: nn.Module, course: Course) -> nn.Module:
    """What is called in training: the network itself, compiled, in step with other processes."""
    runner: Any = torch.compile(model) if course.recipe.compile else model
    if course.world.size > 1:
        options: Any = {_SYNC: False}
        runner = DistributedDataParallel(runner, gradient_as_bucket_view=True, **options)
    return cast(nn.Module, runner)


def _train_epoch(training: Training, runner: nn.Module, course: Course) -> float:
    """The steps of an epoch that are left; returns the mean loss of all its steps."""
    feed, world, checkpoint = course.feed, course.world, course.checkpoint
    number = len(training.curve) + 1
    start = time.perf_counter() - training.seconds
    training.model.train()
    batches = feed.epoch(number, training.step)
    for _ in range(training.step, feed.num_batches):
        training.optimizer.zero_grad()
        training.loss_sum += _gradient(training, runner, course, batches)
        if course.recipe.clip is not None:
            nn.utils.clip_grad_norm_(training.model.parameters(), course.recipe.clip)
        training.optimizer.step()
        training.schedule.step()
        if training.average is not None:
            training.average.update_parameters(training.model)
        training.step += 1
        training.seconds = time.perf_counter() - start
        if course.on_step is not None:
            course.on_step(number, training.step)
        if checkpoint is not None and world.agree(checkpoint.is_due):
            checkpoint.save_if_possible(training)
    training.meet()
    mean_loss = training.loss_sum.item() / training.step  # waits for the device
    training.seconds = time.perf_counter() - start
    return mean_loss


def _gradient(training: Training, runner: nn.Module, course: Course, batches: Iterator[Batch]) -> Tensor:
    """Of this process's parts of one batch, added up; returns their mean loss."""
    feed, recipe = course.feed, course.recipe
    num, device = feed.share.accumulate, training.loss_sum.device
    total = torch.zeros((), device=device)
    for part in range(num):
        x_BCHW, label_B = next(batches)
        torch.manual_seed(feed.step_seed(len(training.curve) + 1, training.step, feed.share.first + part))
        if recipe.mixes:
            x_BCHW, label_B = mix(x_BCHW, label_B, recipe, course.num_classes)
        is_last = part == num - 1
        with (
            _in_step(runner, is_last),
            torch.autocast(device.type, torch.bfloat16, enabled=_is_mixed(recipe.dtype == "bfloat16", device)),
        ):
            logits_BK = runner(x_BCHW.contiguous(memory_format=training.layout))
            loss = F.cross_entropy(logits_BK, label_B, label_smoothing=recipe.label_smoothing) / num
        with _in_step(runner, is_last):
            loss.backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    return total


def _in_step(runner: nn.Module, is_last: bool) -> AbstractContextManager[None]:
    """Processes exchange their gradients once a step, with those of its last part."""
    if is_last or not isinstance(runner, DistributedDataParallel):
        return nullcontext()
    return runner.no_sync()


def _own_generator(model: nn.Module) -> AbstractContextManager[None]:
    """Draws in here leave torch's generator as it was."""
    device = _device(model)
    return torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])


def _judge(training: Training, course: Course) -> Tensor:
    """Which validation images are classified correctly at the end of an epoch."""
    feed, is_last = course.feed, len(training.curve) + 1 == course.recipe.epochs
    wanted = None if is_last else course.curve_images
    stride = 1 if wanted is None else max(1, feed.num_validation // wanted)
    taken_N, label_N = predict(training.judged, feed, stride, course.world)
    return taken_N == label_N


def classify(model: nn.Module, feed: Feed, stride: int = 1) -> Tensor:
    """Whether each validation image, or every so many-th, is classified correctly: bool, (N / stride,), on the CPU."""
    taken_N, label_N = predict(model, feed, stride)
    return taken_N == label_N


def predict(
    model: nn.Module, feed: Feed, stride: int = 1, world: World = ALONE, is_mixed: bool = True
) -> tuple[Tensor, Tensor]:
    """The class that each validation image, or every so many-th, is taken for, and its own.

    Args:
        model: is put into evaluation mode.
        feed: of the images.
        stride: every how many-th is judged.
        world: the processes that share them.
        is_mixed: on CUDA run under bfloat16 autocast, as proxies are judged.

    Returns:
        int64 (N / stride,), twice, on the CPU.
    """
    device = _device(model)
    model.eval()
    found: list[Tensor] = []
    with (
        torch.inference_mode(),
        torch.autocast(device.type, torch.bfloat16, enabled=_is_mixed(is_mixed, device)),
    ):
        for x_BCHW, label_B in feed.validation_batches(stride):
            found.append(torch.stack((model(x_BCHW).argmax(dim=1), label_B)))
    place_N = torch.arange(len(range(0, feed.num_validation, stride)))
    all_2N = torch.zeros(2, len(place_N), dtype=torch.int64)
    if found:
        all_2N[:, feed.share.judge(place_N)] = torch.cat(found, dim=1).cpu()
    world.sum_(all_2N)
    return all_2N[0], all_2N[1]


@contextmanager
def deterministic(wanted: bool) -> Iterator[None]:
    """Run with torch's deterministic algorithms or without, then as before."""
    before = torch.are_deterministic_algorithms_enabled()
    settings: Any = torch.utils.deterministic  # its attribute is made at run time
    filled = settings.fill_uninitialized_memory
    torch.use_deterministic_algorithms(wanted)
    settings.fill_uninitialized_memory = False  # a debugging aid that costs 5 % here
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
        settings.fill_uninitialized_memory = filled


def _is_mixed(is_wanted: bool, device: torch.device) -> bool:
    return is_wanted and device.type == "cuda"


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


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
