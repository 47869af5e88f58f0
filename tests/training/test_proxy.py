"""The training recipe: it learns what is easy, follows its schedule, and says when it diverges."""

import itertools
import math
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor, nn

from modsearch.architecture import Architecture, MoD, Standard
from modsearch.images import Batches, Images, Split, load_split
from modsearch.models import build
from modsearch.models.blocks.mod import selector_parameters
from modsearch.record import Epoch
from modsearch.scoring.selection import selectivity
from modsearch.space import Digits, Fidelity, Recipe
from modsearch.training import Diverged, fit
from modsearch.training.loop import classify
from modsearch.training.optimizer import groups
from tests.models.tiny import build_tiny, tiny

CPU = torch.device("cpu")
FIDELITY = Fidelity(image_size=16, epochs=3, batch_size=16, learning_rate=0.1, augment=False)


def red_or_blue(num_images: int) -> Images:
    """Class 0 is reddish, class 1 bluish: a problem that any network separates."""
    generator = torch.Generator().manual_seed(0)
    pixels_NHWC = torch.randint(0, 60, (num_images, 16, 16, 3), generator=generator, dtype=torch.uint8)
    labels_N = torch.arange(num_images) % 2
    for pixels_HWC, label in zip(pixels_NHWC, labels_N.tolist(), strict=True):
        pixels_HWC[:, :, 2 * label] += 150
    return Images(pixels_NHWC, labels_N)


def make_batches(fidelity: Fidelity, num_images: int = 80, device: torch.device = CPU) -> Batches:
    split = Split(red_or_blue(num_images), red_or_blue(30), ("red", "blue"), "hash")
    return Batches(split, fidelity, device, seed=0)


class Linear(nn.Module):
    """The cheapest model; ``scale`` on its logits, which ``steps`` counts in training."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(16 * 16 * 3, 2)
        self.scale = scale
        self.steps = 0

    def forward(self, x_BCHW: Tensor) -> Tensor:
        self.steps += self.training
        return self.linear(x_BCHW.flatten(1)) * self.scale  # type: ignore[no-any-return]


@pytest.mark.parametrize("variant", ["standard", "mod-learned"])
def test_it_learns_what_is_easy(variant: str) -> None:
    fidelity = FIDELITY.model_copy(update={"epochs": 6})
    curve, correct_N = fit(build_tiny(tiny("resnet_basic", variant)), make_batches(fidelity), fidelity)
    assert correct_N.shape == (30,)
    assert correct_N.double().mean() > 0.9
    assert curve[-1].loss < curve[0].loss
    assert curve[-1].accuracy == pytest.approx(correct_N.double().mean().item())


@pytest.mark.slow
def test_convnext_learns_with_adamw() -> None:
    """Above chance, 10 %, in 12 epochs of 500 images."""
    fidelity = Fidelity(
        image_size=8,
        images_per_class=50,
        epochs=12,
        batch_size=25,
        optimizer="adamw",
        learning_rate=0.004,
        weight_decay=0.05,
        augment=False,
        threads=1,
    )
    batches = Batches(load_split(Digits(), fidelity, 0), fidelity, CPU, seed=0)
    torch.manual_seed(0)
    network = tiny("convnext", MoD(c=2, reduction=4))  # type: ignore[arg-type]
    _, correct_N = fit(build(network, 10, 8), batches, fidelity)
    assert correct_N.double().mean() > 0.5


@dataclass
class Steps:
    """What the optimizer used at each step."""

    learning_rates: list[float] = field(default_factory=list)
    weight_decays: dict[str, float] = field(default_factory=dict)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    seen = Steps()

    class Spy(torch.optim.SGD):
        def step(self, closure: None = None) -> None:  # type: ignore[override]
            for group in self.param_groups:
                seen.weight_decays |= {
                    str(tuple(parameter.shape)): group["weight_decay"] for parameter in group["params"]
                }
            seen.learning_rates.append(self.param_groups[0]["lr"])
            super().step(closure)

    monkeypatch.setattr(torch.optim, "SGD", Spy)
    return seen


def test_the_learning_rate_rises_for_a_quarter_and_falls_to_nothing(steps: Steps) -> None:
    fidelity = FIDELITY.model_copy(update={"epochs": 8})
    model = Linear()
    fit(model, make_batches(fidelity), fidelity)
    rates = steps.learning_rates
    assert len(rates) == model.steps == 5 * 8  # 80 images in batches of 16
    assert max(rates) == pytest.approx(0.1)
    peak = rates.index(max(rates))
    assert peak == 40 // 4 - 1
    assert all(a < b for a, b in itertools.pairwise(rates[: peak + 1]))
    assert all(a > b for a, b in itertools.pairwise(rates[peak:]))
    assert rates[-1] < 1e-5


@pytest.mark.parametrize("num_steps", [1, 2, 3, 4, 5])
def test_few_steps_are_enough_for_the_schedule(num_steps: int, steps: Steps) -> None:
    """Torch's schedule divides by zero where the rise is one step long, and all but rests where the whole of it is."""
    fidelity = FIDELITY.model_copy(update={"epochs": 1})
    fit(Linear(), make_batches(fidelity, num_images=16 * num_steps), fidelity)
    assert len(steps.learning_rates) == num_steps
    assert all(0 < rate <= 0.1 for rate in steps.learning_rates)
    assert max(steps.learning_rates) > 0.07


@pytest.mark.parametrize(("channels", "is_last"), [(4, False), (8, False), (16, True)])
def test_channels_last_is_left_where_onednn_corrupts_memory(channels: int, is_last: bool) -> None:
    """Strided 1x1 convolutions of few channels: uxlfoundation/oneDNN issue 6035. Trained, as it crashed in backward."""
    narrow = tiny("resnet_basic", "mod-learned").with_width(channels / 8)
    model, fidelity = build_tiny(narrow), FIDELITY.model_copy(update={"epochs": 1})
    seen: list[Tensor] = []
    model.register_forward_hook(lambda _model, inputs, _y: seen.append(inputs[0]) if model.training else None)
    curve, _ = fit(model, make_batches(fidelity), fidelity)
    assert math.isfinite(curve[0].loss)
    assert all(x_BCHW.is_contiguous(memory_format=torch.channels_last) == is_last for x_BCHW in seen)
    assert model.stem[0][0].weight.is_contiguous(memory_format=torch.channels_last) == is_last


def test_weights_decay_and_biases_do_not(steps: Steps) -> None:
    fidelity = FIDELITY.model_copy(update={"epochs": 1, "weight_decay": 0.25})
    fit(Linear(), make_batches(fidelity), fidelity)
    assert steps.weight_decays == {"(2, 768)": 0.25, "(2,)": 0.0}


@pytest.mark.parametrize("scale", [math.inf, math.nan])
def test_an_infinite_loss_is_an_error(scale: float) -> None:
    seen: list[int] = []
    with pytest.raises(Diverged, match="training diverged in epoch 1: the mean loss is nan"):
        fit(Linear(scale), make_batches(FIDELITY), FIDELITY, lambda number, _epoch: seen.append(number))
    assert seen == []


def test_each_epoch_is_told_in_order() -> None:
    seen: list[tuple[int, Epoch]] = []
    curve, _ = fit(Linear(), make_batches(FIDELITY), FIDELITY, lambda number, epoch: seen.append((number, epoch)))
    assert [number for number, _ in seen] == [1, 2, 3]
    assert tuple(epoch for _, epoch in seen) == curve
    assert all(epoch.seconds > 0 for epoch in curve)


def test_the_loss_is_the_smoothed_cross_entropy_by_hand() -> None:
    """One step with logits (1, -1): log(1 + exp(-2)) for class 0, and 2 more for the share of a label on class 1."""
    images = red_or_blue(80)
    three_to_one = Images(images.pixels_NHWC, (torch.arange(80) % 4 == 0).long())
    fidelity = FIDELITY.model_copy(update={"epochs": 1, "batch_size": 80, "label_smoothing": 0.2})
    batches = Batches(Split(three_to_one, images, ("red", "blue"), "hash"), fidelity, CPU, seed=0)
    curve, _ = fit(constant(), batches, fidelity)
    share = 0.75 * 0.1 + 0.25 * 0.9
    assert curve[0].loss == pytest.approx(math.log(1 + math.exp(-2)) + 2 * share)


def constant() -> Linear:
    """Logits (1, -1) for any image."""
    model = Linear()
    nn.init.zeros_(model.linear.weight)
    model.linear.bias.data = torch.tensor([1.0, -1.0])
    return model


def test_classify_compares_each_image_in_order_in_evaluation_mode() -> None:
    model = constant()
    assert classify(model.train(), make_batches(FIDELITY)).tolist() == [True, False] * 15
    assert model.steps == 0


@pytest.mark.gpu
def test_training_on_cuda_is_finite_and_learns() -> None:
    device = torch.device("cuda")
    model = build_tiny(tiny("resnet_basic", "mod-learned")).to(device)
    fidelity = FIDELITY.model_copy(update={"epochs": 6})
    curve, correct_N = fit(model, make_batches(fidelity, device=device), fidelity)
    assert all(math.isfinite(epoch.loss) for epoch in curve)
    assert correct_N.device.type == "cpu"
    assert correct_N.double().mean() > 0.9


def tied_images(selector_learning_rate: float) -> list[float]:
    """Of two MoD blocks, after four epochs of digits at a high learning rate."""
    fidelity = Fidelity(
        image_size=8,
        images_per_class=50,
        epochs=4,
        batch_size=20,
        learning_rate=0.5,
        selector_learning_rate=selector_learning_rate,
        augment=False,
        threads=1,
    )
    block, seed = MoD(c=4, reduction=4), 1  # type: ignore[arg-type]
    stages = ((Standard(), block), (Standard(), block), (Standard(),))
    network = Architecture(backbone="resnet_basic", stem="cifar", widths=(16, 16, 16), stages=stages)
    batches = Batches(load_split(Digits(), fidelity, seed), fidelity, CPU, seed)
    torch.manual_seed(seed)
    model = build(network, 10, 8)
    fit(model, batches, fidelity)
    return [selector.tied for selector in selectivity(model, batches)]


@pytest.mark.slow
def test_selectors_stay_alive_at_their_own_learning_rate() -> None:
    assert max(tied_images(0.02)) < 0.02
    assert min(tied_images(0.5)) > 0.9  # what their own rate is for


def test_selectors_have_the_lower_of_the_two_rates_and_other_parameters_do_not() -> None:
    model = build_tiny(tiny("resnet_basic", "mod-learned"))
    selectors = selector_parameters(model)
    assert len(selectors) == 2 * 3
    for own, expected in ((0.02, 0.02), (0.3, 0.1)):
        found = groups(model, Recipe.proxy(FIDELITY.model_copy(update={"selector_learning_rate": own})))
        rates = {parameter: group.get("lr", 0.1) for group in found for parameter in group["params"]}
        assert len(rates) == len(list(model.parameters()))
        assert all(rates[parameter] == (expected if parameter in set(selectors) else 0.1) for parameter in rates)


def test_the_selectors_rate_leaves_plain_networks_as_they_are() -> None:
    found = []
    for own in (0.001, 0.1):
        fidelity = FIDELITY.model_copy(update={"epochs": 1, "selector_learning_rate": own})
        model = build_tiny(tiny("resnet_basic", "standard"))
        fit(model, make_batches(fidelity), fidelity)
        found.append(model.state_dict())
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
