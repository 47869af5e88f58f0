"""Starting from torchvision's weights: what is taken over, what stays fresh, which network it comes from."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import get_model

from modsearch.architecture import Architecture, Standard, preset
from modsearch.models import build, load_torchvision, pretrained_file, start_from_torchvision
from modsearch.models.torchvision_weights import torchvision_source


def plain(like: str, *depths: int, **changes: object) -> Architecture:
    stages = tuple((Standard(),) * depth for depth in depths)
    return preset(like).architecture.model_copy(update={"stages": stages, **changes})


@pytest.mark.parametrize(
    ("network", "source"),
    [
        (preset("resnet50_mod").architecture, "resnet50"),
        (preset("resnet50_mod").architecture.deleted(), "resnet50"),  # the smallest that covers it
        (preset("resnet75_mod").architecture, "resnet101"),
        (plain("resnet50", 3, 5, 7, 3), "resnet152"),
        (plain("resnet50", 9, 4, 9, 9), "resnet101"),  # none covers it: most blocks
        (preset("resnet18_mod").architecture, "resnet18"),
        (preset("mobilenet_v2_mod").architecture, "mobilenet_v2"),
        (plain("vgg16_bn", 2, 2, 3, 4, 1), "vgg19_bn"),
        (plain("convnext_tiny", 3, 3, 10, 3), "convnext_small"),
    ],
)
def test_the_source_covers_most_blocks(network: Architecture, source: str) -> None:
    assert torchvision_source(network) == source


@pytest.mark.parametrize(
    ("network", "form"),
    [
        (preset("resnet18_cifar").architecture, r"resnet_basic with the cifar stem and widths \[64, 128, 256, 512\]"),
        (preset("mobilenet_v2_mod_l").architecture, r"mobilenet_v2 with the imagenet stem and widths \[16, 32, .*\]"),
        (preset("resnet50").architecture.with_width(0.5), r"resnet_bottleneck with .* widths \[32, 64, 128, 256\]"),
    ],
)
def test_a_form_that_torchvision_has_not_is_refused(network: Architecture, form: str) -> None:
    rule = rf"^fidelity\.init must be random: torchvision has no {form}\. Got 'torchvision' instead\.$"
    with pytest.raises(ValueError, match=rule):
        torchvision_source(network)


def weights_of(name: str) -> dict[str, Tensor]:
    """Torchvision's names and shapes, each tensor with a number of its own in it."""
    with torch.device("meta"):
        shapes = get_model(name).state_dict()
    return {key: torch.full(tensor.shape, float(number)) for number, (key, tensor) in enumerate(shapes.items())}


def test_standard_blocks_take_over_the_block_in_their_place() -> None:
    network, theirs = preset("resnet18_mod").architecture, weights_of("resnet18")
    model = build(network, 1000, 32)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    report = load_torchvision(model, network, "resnet18", theirs)
    after = model.state_dict()
    assert torch.equal(after["stages.2.0.branch.2.0.weight"], theirs["layer3.0.conv2.weight"])
    assert torch.equal(after["stages.2.0.projection.1.running_var"], theirs["layer3.0.downsample.1.running_var"])
    assert torch.equal(after["head.bias"], theirs["fc.bias"])
    is_mod = re.compile(r"stages\.\d\.1\.(?!.*num_batches)")
    in_mod_blocks = tuple(filter(is_mod.match, before))
    assert report.missing == in_mod_blocks
    assert all(torch.equal(after[name], before[name]) for name in report.missing)
    assert set(report.unused) == {name for name in theirs if name.split(".")[1] == "1" and "num_batches" not in name}
    assert report.summary() == (
        "62 tensors of torchvision's resnet18, 48 stay fresh (stages.0.1, stages.1.1, stages.2.1, stages.3.1), "
        "40 of its own unused"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("vgg16_bn", "stages.2.2.0.0.bias", "features.20.bias"),
        ("vgg16_bn", "stages.4.0.1.1.weight", "features.35.weight"),
        ("mobilenet_v2", "stages.3.2.branch.2.0.weight", "features.9.conv.1.0.weight"),
        ("convnext_tiny", "stages.2.0.2.pointwise.2.weight", "features.5.0.block.5.weight"),
    ],
)
def test_a_shallower_network_takes_over_the_same_slots(name: str, ours: str, theirs: str) -> None:
    """Of each stage but the one in question only the first block is there."""
    stages = preset(name).architecture.stages
    stage = int(ours.split(".")[1])
    cut = tuple(blocks if index == stage else blocks[:1] for index, blocks in enumerate(stages))
    network = preset(name).architecture.model_copy(update={"stages": cut})
    weights, model = weights_of(name), build(network, 1000, 32)
    report = load_torchvision(model, network, name, weights)
    assert report.missing == ()
    assert report.unused
    assert torch.equal(model.state_dict()[ours], weights[theirs])


def test_a_head_of_other_classes_stays_fresh() -> None:
    network = preset("resnet18").architecture
    report = load_torchvision(build(network, 10, 32), network, "resnet18", weights_of("resnet18"))
    assert report.missing == ("head.weight", "head.bias")
    assert report.unused == ("fc.weight", "fc.bias")


def fake_download(monkeypatch: pytest.MonkeyPatch, weights: dict[str, Tensor]) -> list[Any]:
    """In place of torchvision's download; returns what was asked for."""
    asked: list[Any] = []

    def get_model_weights(name: str) -> SimpleNamespace:
        def get_state_dict(**options: bool) -> dict[str, Tensor]:
            asked.append((name, options))
            return weights

        return SimpleNamespace(DEFAULT=SimpleNamespace(url="https://host/none.pth", get_state_dict=get_state_dict))

    monkeypatch.setattr(pretrained_file, "get_model_weights", get_model_weights)
    return asked


def test_weights_are_torchvisions_best_with_their_hash_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = fake_download(monkeypatch, {"conv1.weight": torch.ones(64, 3, 7, 7), "bn1.weight": torch.ones(3)})
    network = preset("resnet75_mod").architecture
    with torch.device("meta"):
        model = build(network, 10, 32)
    model.stem = nn.Sequential(nn.Sequential(nn.Conv2d(3, 64, 7, bias=False)))
    report = start_from_torchvision(model, network)
    assert asked == [("resnet101", {"progress": False, "check_hash": True})]
    assert report.loaded == ("stem.0.0.weight",)
    assert report.unused == ("bn1.weight",)  # of another shape
    assert model.get_parameter("stem.0.0.weight").eq(1).all()
