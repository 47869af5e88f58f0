"""The loop beyond a proxy's: accumulation, averages, mixing, schedules, clipping, and which weights are kept."""

import itertools
import math
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import update_bn

from modsearch.images import Batches, Share, Split
from modsearch.record import Epoch
from modsearch.space import Cosine, OneCycle, Recipe, Steps
from modsearch.training.checkpoint import Checkpoint
from modsearch.training.loop import Course, begin, classify, predict, train
from modsearch.training.mixing import mix
from modsearch.training.state import best_epoch
from modsearch.training.world import World
from tests.models.tiny import NUM_CLASSES, build_tiny, tiny
from tests.training.test_proxy import CPU, Linear, red_or_blue

RECIPE = Recipe(epochs=3, batch_size=16, learning_rate=0.05, schedule=Cosine(), augment=False, image_size=16, threads=1)


def recipe(**changes: object) -> Recipe:
    return RECIPE.model_copy(update=changes)


def feed(how: Recipe, num_images: int = 80, share: Share | None = None) -> Batches:
    split = Split(red_or_blue(num_images), red_or_blue(30), ("red", "blue"), "hash")
    return Batches(split, how, CPU, seed=0, share=share or Share(accumulate=how.accumulate))


def course(how: Recipe, checkpoint: Checkpoint | None = None, keeps_best: bool = False) -> Course:
    return Course(feed(how), how, checkpoint=checkpoint, num_classes=NUM_CLASSES, keeps_best=keeps_best)


def network() -> nn.Module:
    torch.manual_seed(0)
    return build_tiny(tiny("resnet_basic", "mod-learned"))


def rates(how: Recipe, num_batches: int) -> list[float]:
    """The learning rate of each step."""
    found: list[float] = []
    model = Linear()
    images = Course(feed(how, 16 * num_batches), how)
    training = begin(model, images)
    for _ in range(num_batches * how.epochs):
        found.append(training.optimizer.param_groups[0]["lr"])
        training.optimizer.step()
        training.schedule.step()
    return found


def test_a_cosine_rises_evenly_and_falls_to_nothing() -> None:
    found = rates(recipe(epochs=5, schedule=Cosine(warmup_epochs=1)), num_batches=4)
    assert found[:4] == pytest.approx([0.01, 0.02, 0.03, 0.04])
    expected = [0.05 * 0.5 * (1 + math.cos(math.pi * step / 16)) for step in range(16)]
    assert found[4:] == pytest.approx(expected)


def test_a_warmup_leaves_a_step_to_fall() -> None:
    assert rates(recipe(epochs=1, schedule=Cosine(warmup_epochs=0.9)), num_batches=1) == pytest.approx([0.05])


def test_steps_fall_to_a_tenth_at_their_epochs() -> None:
    found = rates(recipe(epochs=5, schedule=Steps(every=2)), num_batches=3)
    assert found == pytest.approx([0.05] * 6 + [0.005] * 6 + [0.0005] * 3)


def test_one_cycle_peaks_where_its_warmup_ends() -> None:
    found = rates(recipe(epochs=4, schedule=OneCycle(warmup=0.5)), num_batches=5)
    assert found.index(max(found)) == 9
    assert max(found) == pytest.approx(0.05)


def gradients(how: Recipe) -> list[Tensor]:
    """Of the first step of the cheapest model."""
    model, found = Linear(), list[Tensor]()

    class Stop(Exception):  # noqa: N818
        pass

    def spy(parameters: object, max_norm: float = 0) -> None:
        found.extend(parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None)
        raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.utils, "clip_grad_norm_", spy)
        with pytest.raises(Stop):
            train(model, course(how.model_copy(update={"clip": 1.0})))
    return found


def test_parts_of_a_batch_add_up_to_its_gradient() -> None:
    whole = gradients(recipe())
    for parts in (2, 4):
        assert all(
            torch.allclose(one, other, atol=1e-6)
            for one, other in zip(whole, gradients(recipe(accumulate=parts)), strict=True)
        )


@pytest.mark.parametrize("parts", [2, 4])
def test_processes_share_a_batch_in_its_order(parts: int) -> None:
    [(whole_BCHW, label_B), *_] = feed(recipe(augment=True)).epoch(2)
    shares = [next(feed(recipe(augment=True), share=Share(rank, parts)).epoch(2)) for rank in range(parts)]
    assert torch.equal(torch.cat([x_BCHW for x_BCHW, _ in shares]), whole_BCHW)
    assert torch.equal(torch.cat([own_B for _, own_B in shares]), label_B)


def test_a_gradient_is_cut_to_the_norm() -> None:
    model, sizes = Linear(scale=100.0), list[float]()
    step = torch.optim.SGD.step

    def spy(self: torch.optim.SGD) -> object:
        sizes.append(nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None]).item())
        return step(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.SGD, "step", spy)
        train(model, course(recipe(clip=0.5, epochs=1)))
    assert max(sizes) == pytest.approx(0.5, rel=1e-4)


def test_the_average_is_what_is_kept_and_judged() -> None:
    how, model, seen = recipe(ema=0.99), network(), list[Epoch]()
    train(model, course(how), lambda _number, epoch: seen.append(epoch))
    plain = network()
    train(plain, course(recipe()))
    last = plain.state_dict()
    differing = [name for name, tensor in model.state_dict().items() if not torch.equal(tensor, last[name])]
    assert any(name.endswith("weight") for name in differing)
    assert seen[-1].accuracy == pytest.approx(classify(model, feed(how)).float().mean().item())


def test_the_average_has_right_statistics_after_one_epoch() -> None:
    """Those that its weights have on the training images; at a decay of 0.9998 those of torch's average are far off."""
    how = recipe(ema=0.9998, epochs=1, learning_rate=0.01)
    model = network()
    train(model, Course(feed(how, 800), how))
    found = {name: buffer.clone() for name, buffer in model.named_buffers() if name.endswith("running_mean")}
    update_bn((x_BCHW for x_BCHW, _ in feed(how, 800).epoch(1)), model)
    right = dict(model.named_buffers())
    deviation = {name: right[name.replace("mean", "var")].sqrt() for name in found}
    apart = [float(((found[name] - right[name]).abs() / deviation[name]).max()) for name in found]
    assert max(apart) < 0.25


def test_the_average_forgets_the_random_weights_within_an_epoch() -> None:
    how = recipe(ema=0.9998, epochs=4)
    _, correct_N = train(network(), Course(feed(how, 320), how))
    assert correct_N.float().mean() > 0.9


CASES = {
    "average": {"ema": 0.9},
    "average and parts": {"ema": 0.9, "accumulate": 2, "clip": 1.0},
    "mixing": {"mixup": 0.2, "cutmix": 1.0, "label_smoothing": 0.1},
    "steps": {"schedule": Steps(every=1), "optimizer": "adamw", "learning_rate": 0.003},
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("step", [3, 7])
def test_a_training_goes_on_with_the_same_bits(case: str, step: int, tmp_path: Path) -> None:
    how = recipe(**CASES[case])
    whole, broken = network(), network()
    curve, _ = train(whole, course(how, keeps_best=True))
    path = tmp_path / "checkpoint"
    stop = interrupting(F.cross_entropy, step * how.accumulate + 1)
    with pytest.MonkeyPatch.context() as patch, Checkpoint(path, {}, interval_s=0, is_precious=True) as checkpoint:
        patch.setattr(F, "cross_entropy", stop)
        with pytest.raises(KeyboardInterrupt):
            train(broken, course(how, checkpoint, keeps_best=True))
    again = network()
    with Checkpoint(path, {}, math.inf, is_precious=True) as checkpoint:
        found, _ = train(again, course(how, checkpoint, keeps_best=True))
    assert [(epoch.loss, epoch.accuracy) for epoch in found] == [(epoch.loss, epoch.accuracy) for epoch in curve]
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in whole.state_dict().items())


def interrupting(wrapped: Callable[..., Tensor], call: int) -> Callable[..., Tensor]:
    calls = itertools.count(1)

    def wrapper(*given: object, **named: object) -> Tensor:
        if next(calls) == call:
            raise KeyboardInterrupt
        return wrapped(*given, **named)

    return wrapper


def test_a_precious_checkpoint_is_refused_where_it_is_damaged_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    with Checkpoint(path, {"training": "one"}, is_precious=True) as checkpoint:
        train(Linear(), course(recipe(), checkpoint))
    assert path.is_file()  # written before the first step
    for content, rule in ((path.read_bytes(), "of another run"), (path.read_bytes()[:-9], "a whole checkpoint")):
        path.write_bytes(content)
        other = Checkpoint(path, {"training": "two"}, is_precious=True)
        with pytest.raises(ValueError, match=rule):
            train(Linear(), course(recipe(), other))
        assert path.read_bytes() == content


def test_weights_of_the_best_epoch_are_kept() -> None:
    """The cheapest model unlearns at an absurd rate: its accuracy goes up and down."""
    how, model = recipe(epochs=6, learning_rate=5.0, momentum=0.0, nesterov=False), Linear()
    curve, _ = train(model, course(how, keeps_best=True))
    best = best_epoch(curve)
    assert best < 6
    assert classify(model, feed(how)).float().mean().item() == pytest.approx(curve[best - 1].accuracy)
    shorter = Linear()
    train(shorter, course(how), until_epoch=best)
    assert torch.equal(shorter.linear.weight, model.linear.weight)


def test_the_first_of_equal_epochs_is_the_best_and_the_last_without_accuracy() -> None:
    def curve(*accuracies: float | None) -> list[Epoch]:
        return [Epoch(loss=1, accuracy=accuracy, seconds=1) for accuracy in accuracies]

    assert best_epoch(curve(0.2, 0.5, 0.5, 0.1)) == 2
    assert best_epoch(curve(0.0, 0.0)) == 1
    assert best_epoch(curve(None, None)) == 2


def test_mixed_images_have_mixed_labels() -> None:
    x_BCHW = torch.arange(4.0)[:, None, None, None].expand(4, 3, 8, 8).contiguous()
    label_B = torch.arange(4)
    torch.manual_seed(0)
    blended_BCHW, share_BK = mix(x_BCHW, label_B, recipe(mixup=1.0), num_classes=4)
    assert share_BK.sum(1) == pytest.approx(torch.ones(4))
    assert torch.allclose(blended_BCHW.mean((1, 2, 3)), share_BK @ torch.arange(4.0), atol=1e-5)
    assert not torch.equal(blended_BCHW, x_BCHW)
    pasted_BCHW, share_BK = mix(x_BCHW, label_B, recipe(cutmix=1.0), num_classes=4)
    assert torch.allclose(pasted_BCHW.mean((1, 2, 3)), share_BK @ torch.arange(4.0), atol=1e-5)
    assert set(pasted_BCHW.unique().tolist()) <= {0.0, 1.0, 2.0, 3.0}


def test_what_is_mixed_follows_from_seed_epoch_and_step() -> None:
    how = recipe(mixup=0.5, epochs=1)
    found = []
    for noise in (1, 2):
        model = network()
        torch.manual_seed(noise)
        train(model, course(how))
        found.append(model.state_dict())
    assert all(torch.equal(tensor, found[1][name]) for name, tensor in found[0].items())


def test_predict_gives_classes_and_labels_in_order() -> None:
    model = Linear()
    nn.init.zeros_(model.linear.weight)
    model.linear.bias.data = torch.tensor([1.0, -1.0])
    taken_N, label_N = predict(model, feed(recipe()))
    assert taken_N.tolist() == [0] * 30
    assert label_N.tolist() == [0, 1] * 15


class Twin(World):
    """Two processes, of which the other one has 0 in all places."""

    def average_(self, tensors: Iterable[Tensor]) -> None:
        for tensor in tensors:
            tensor /= 2


def test_processes_average_their_statistics_and_losses_at_the_end_of_an_epoch() -> None:
    how = recipe(ema=0.9)
    training = begin(network(), Course(feed(how), how, world=Twin(size=2)))
    assert training.average is not None
    training.loss_sum.fill_(6.0)
    weights = {name: tensor.clone() for name, tensor in training.model.named_parameters()}
    before = {name: tensor.clone() for name, tensor in training.model.named_buffers()}
    training.meet()
    assert training.loss_sum == 3.0
    for module in (training.model, training.average.module):
        buffers = dict(module.named_buffers())
        moved = [name for name in buffers if name.endswith(("running_mean", "running_var"))]
        assert moved
        assert all(torch.equal(buffers[name], before[name] / 2) for name in moved)
        assert all(torch.equal(tensor, weights[name]) for name, tensor in module.named_parameters())
