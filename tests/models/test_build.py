"""build(): shapes over the registries, weights by seed, errors."""

import pytest
import torch
from torch import nn

from modsearch.architecture import BACKBONES, MoD, Standard
from modsearch.models import build
from modsearch.models.blocks.mod import MoDBlock
from tests.models.tiny import CASES, NUM_CLASSES, STEMS, WIDTHS, build_tiny, image_size, images, tiny


@pytest.mark.parametrize("num_stages", [3, 4])
@pytest.mark.parametrize(("backbone", "stem"), STEMS)
def test_every_stem_and_number_of_stages_gives_logits(backbone: str, stem: str, num_stages: int) -> None:
    assert num_stages in BACKBONES[backbone].num_stages
    model = build_tiny(tiny(backbone, "mod-learned", stem, num_stages)).eval()
    assert model(images(2, stem)).shape == (2, NUM_CLASSES)


@pytest.mark.parametrize(("backbone", "stem"), STEMS)
def test_each_stage_halves_the_image_and_takes_its_width(backbone: str, stem: str) -> None:
    architecture = tiny(backbone, Standard(), stem)
    model = build_tiny(architecture).eval()
    shapes: list[tuple[int, ...]] = []
    for stage in model.get_submodule("stages").children():
        stage.register_forward_hook(lambda _stage, _inputs, y: shapes.append(tuple(y.shape[1:])))
    model(images(1, stem))
    size = image_size(stem) // (1 if stem == "cifar" else 4)
    expansion = {"resnet_basic": 1, "resnet_bottleneck": 4}[backbone]
    assert shapes == [(width * expansion, size >> stage, size >> stage) for stage, width in enumerate(WIDTHS[:3])]


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_the_smallest_allowed_image_is_enough(backbone: str, variant: str) -> None:
    architecture = tiny(backbone, variant)
    smallest = BACKBONES[backbone].min_image_size("cifar", 3)
    assert smallest == 4
    model = build(architecture, num_classes=1, image_size=smallest).eval()
    assert model(torch.zeros(1, 3, smallest, smallest)).shape == (1, 1)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_mod_blocks_stand_where_the_architecture_says(backbone: str) -> None:
    architecture = tiny(backbone, MoD(c=4))
    model = build_tiny(architecture)
    masks = [tuple(isinstance(slot, MoDBlock) for slot in stage.children()) for stage in model.stages.children()]
    assert tuple(masks) == architecture.masks


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_weights_follow_the_seed(backbone: str, variant: str) -> None:
    architecture = tiny(backbone, variant)
    first, again, other = (build_tiny(architecture, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["stem.0.0.weight"], other["stem.0.0.weight"])


def test_convolutions_start_with_the_variance_that_relu_keeps() -> None:
    model = build_tiny(tiny("resnet_basic", Standard()))
    conv = next(each for each in model.stages[2].modules() if isinstance(each, nn.Conv2d) and each.out_channels == 32)
    assert conv.weight.std().item() == pytest.approx((2 / (32 * 9)) ** 0.5, rel=0.05)


@pytest.mark.parametrize(("stem", "num_stages", "smallest"), [("cifar", 3, 4), ("cifar", 4, 8), ("imagenet", 4, 32)])
def test_too_small_images_are_refused(stem: str, num_stages: int, smallest: int) -> None:
    rule = rf"image_size must be at least {smallest} pixels for {num_stages} stages and the {stem} stem\. Got"
    with pytest.raises(ValueError, match=rule):
        build(tiny("resnet_basic", Standard(), stem, num_stages), 10, smallest - 1)


def test_a_network_without_classes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"num_classes must be at least 1\. Got 0 instead"):
        build(tiny("resnet_basic", Standard()), 0, 16)
