"""build(): shapes over the registries, weights by seed, errors."""

import pytest
import torch
from torch import nn

from modsearch.architecture import BACKBONES, MoD, Standard
from modsearch.models import build
from modsearch.models.blocks.mod import MoDBlock
from tests.models.tiny import CASES, NUM_CLASSES, STEMS, build_tiny, images, smallest_image_size, tiny

FORMS = [(table.name, stem, num) for table in BACKBONES.values() for stem in table.stems for num in table.num_stages]


@pytest.mark.parametrize(("backbone", "stem", "num_stages"), FORMS)
def test_every_stem_and_number_of_stages_gives_logits(backbone: str, stem: str, num_stages: int) -> None:
    network = tiny(backbone, "mod-learned", stem, num_stages)
    model, size = build_tiny(network).eval(), smallest_image_size(network)
    with torch.no_grad():
        for pixels in (size, size + 1, 2 * size - 1):  # odd ones too
            assert model(images(2, pixels)).shape == (2, NUM_CLASSES)


# Pixels of the image that a stage sees, written down from the papers' tables.
SHRINKS = {
    ("resnet_basic", "imagenet"): (4, 8, 16),
    ("resnet_basic", "cifar"): (1, 2, 4),
    ("resnet_bottleneck", "imagenet"): (4, 8, 16),
    ("resnet_bottleneck", "cifar"): (1, 2, 4),
    ("vgg_bn", "imagenet"): (1, 2, 4),
    ("vgg_bn", "cifar"): (1, 2, 4),
    ("mobilenet_v2", "imagenet"): (2, 4, 8, 16, 16, 32, 32),
    ("mobilenet_v2", "cifar"): (1, 1, 2, 4, 4, 8, 8),
    ("convnext", "imagenet"): (4, 8, 16),
    ("convnext", "cifar"): (1, 2, 4),
}


@pytest.mark.parametrize(("backbone", "stem"), STEMS)
def test_each_stage_shrinks_the_image_and_takes_its_width(backbone: str, stem: str) -> None:
    network = tiny(backbone, Standard(), stem)
    model = build_tiny(network).eval()
    shapes: list[tuple[int, ...]] = []
    for stage in model.get_submodule("stages").children():
        stage.register_forward_hook(lambda _stage, _inputs, y: shapes.append(tuple(y.shape[1:])))
    model(images(1, 32))
    expansion = 4 if backbone == "resnet_bottleneck" else 1
    sizes = [32 // shrinks for shrinks in SHRINKS[backbone, stem]]
    assert shapes == [(width * expansion, size, size) for width, size in zip(network.widths, sizes, strict=True)]


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_the_smallest_allowed_image_is_enough(backbone: str, variant: str) -> None:
    network = tiny(backbone, variant)
    smallest = smallest_image_size(network)
    model = build(network, num_classes=1, image_size=smallest).eval()
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
    drawn = next(name for name, value in first.items() if value.ndim == 4)
    assert not torch.equal(first[drawn], other[drawn])


def test_convolutions_start_with_the_variance_that_relu_keeps() -> None:
    model = build_tiny(tiny("resnet_basic", Standard()))
    conv = next(
        module for module in model.stages[2].modules() if isinstance(module, nn.Conv2d) and module.out_channels == 32
    )
    assert conv.weight.std().item() == pytest.approx((2 / (32 * 9)) ** 0.5, rel=0.05)


@pytest.mark.parametrize(("stem", "num_stages", "smallest"), [("cifar", 3, 4), ("cifar", 4, 8), ("imagenet", 4, 32)])
def test_too_small_images_are_refused(stem: str, num_stages: int, smallest: int) -> None:
    rule = rf"image_size must be at least {smallest} pixels for {num_stages} stages and the {stem} stem\. Got"
    with pytest.raises(ValueError, match=rule):
        build(tiny("resnet_basic", Standard(), stem, num_stages), 10, smallest - 1)


def test_a_network_without_classes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"num_classes must be at least 1\. Got 0 instead"):
        build(tiny("resnet_basic", Standard()), 0, 16)
