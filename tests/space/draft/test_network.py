"""The network that a study is drafted around."""

import pytest

from modsearch.architecture import preset
from modsearch.space.draft import (
    check_backbone_name,
    choose_network,
    target_size,
)
from tests.space.draft.requested import PLAIN


@pytest.mark.parametrize(
    ("family", "side", "name"),
    [
        ("resnet_basic", 65, "resnet18"),
        ("resnet_basic", 64, "resnet20_cifar"),
        ("resnet_bottleneck", 480, "resnet50"),
        ("resnet_bottleneck", 32, "resnet50_cifar"),
        ("vgg_bn", 480, "vgg16_bn"),
        ("vgg_bn", 32, "vgg16_bn_cifar"),
        ("mobilenet_v2", 480, "mobilenet_v2"),
        ("convnext", 480, "convnext_tiny"),
    ],
)
def test_a_family_gives_a_network_that_suits_the_images(family: str, side: int, name: str) -> None:
    assert choose_network(family, side).name == name


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_network_is_taken_as_it_is(name: str) -> None:
    if name != "mobilenet_v2":  # which is a family too
        assert choose_network(name, 64) == preset(name)
    assert choose_network(name, 480) == preset(name)


@pytest.mark.parametrize(
    ("name", "side", "message"),
    [
        (
            "resnet5",
            480,
            r"^--backbone must be a plain network .* convnext\. Got 'resnet5' instead\. Did you mean 'resn",
        ),
        ("resnet50_mod", 480, r"must be a plain network, such as resnet50: .* Got 'resnet50_mod' instead\.$"),
        ("resnet86_mod", 480, r"such as resnet101: "),  # 3-4-18-3 blocks: 5 from 3-4-23-3, 12 from 3-4-6-3
        ("resnet50_mod_c8_original", 480, r"such as resnet50: "),
        ("resnet18_cifar_mod", 32, r"such as resnet18_cifar: "),
        ("mobilenet_v2_mod_l", 480, r"such as mobilenet_v2: "),
        (
            "mobilenet_v2",
            64,
            r"one of resnet_basic, resnet_bottleneck, vgg_bn for images of 64 pixels: mobilenet_v2 has",
        ),
        ("convnext", 20, r"one of resnet_basic, resnet_bottleneck for images of 20 pixels: convnext has no published"),
        (
            "resnet50",
            31,
            r"takes images of 31 pixels, one of resnet18_cifar, .*resnet110_cifar: this one takes 32\. Got",
        ),
        ("vgg_bn", 16, r"takes images of 16 pixels, .* this one takes 32\. Got 'vgg_bn'"),
        (
            "resnet20_cifar",
            3,
            r"^data\.path must be a folder of images with 4 pixels or more a side\. Got 3 instead\.$",
        ),
    ],
)
def test_what_is_no_network_for_these_images_is_said_with_what_is(name: str, side: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        choose_network(name, side)


def test_a_name_is_checked_before_images_are_looked_at() -> None:
    for name in ("resnet50", "convnext"):
        check_backbone_name(name)
    with pytest.raises(ValueError, match=r"Did you mean 'convnext'\?$"):
        check_backbone_name("convnet")


@pytest.mark.parametrize(
    ("name", "side", "size"),
    [
        ("resnet50", 1080, 224),
        ("resnet50", 224, 224),
        ("resnet50", 223, 192),
        ("resnet50", 40, 32),
        ("resnet20_cifar", 1080, 64),
        ("resnet20_cifar", 45, 45),
        ("resnet20_cifar", 4, 4),
    ],
)
def test_networks_are_deployed_on_the_size_that_the_images_have(name: str, side: int, size: int) -> None:
    assert target_size(preset(name), side) == size
