"""The space around a network."""

import pytest

from modsearch.architecture import preset
from modsearch.space import Depth, num_networks
from modsearch.space.draft import (
    space_around,
)
from tests.space.draft.requested import PLAIN, WITH_FORM


@pytest.mark.parametrize("name", PLAIN)
def test_the_network_and_its_published_mod_form_lie_in_the_space(name: str) -> None:
    space = space_around(preset(name))
    assert space.encode(preset(name).architecture) is not None
    assert name not in WITH_FORM or space.encode(preset(f"{name}_mod").architecture) is not None
    assert num_networks(space) > 1000
    assert all(len(numbers) <= 8 for depth in space.depths for numbers in (depth.standard, depth.mod))


def test_the_forms_that_were_published_are_tested() -> None:
    assert {"resnet50", "resnet101", "mobilenet_v2", "vgg16_bn_cifar"} <= set(WITH_FORM)


def test_a_space_by_hand() -> None:
    """3-4-6-3 bottlenecks of 256 channels and more: as search_spaces/imagenet_subset_resnet50.yaml has them."""
    space = space_around(preset("resnet50"))
    short, middle = Depth(standard=(2, 3), mod=(0, 1, 2)), Depth(standard=(2, 3, 4), mod=(0, 1, 2))
    assert space.depths == (short, middle, Depth(standard=(3, 4, 5, 6), mod=(0, 1, 2, 3)), short)
    assert (space.widths, space.stem, space.placements[0], space.placements[-1]) == (
        (64, 128, 256, 512),
        "imagenet",
        "none",
        "free",
    )


@pytest.mark.parametrize(
    ("name", "c"),
    [
        ("resnet50", [8, 16, 32, 64]),  # 256 channels / 4, and no more than 64
        ("resnet18", [2, 4, 8, 16, 32, 64]),  # 64 / 4 = 16, and the paper's 64
        ("mobilenet_v2", [2, 4, 8, 16]),  # 24 / 4 -> 4, and the paper's 16
        ("vgg16_bn", [2, 4, 8, 16]),  # no MoD form of it was published
        ("convnext_tiny", [2, 4, 8]),  # 96 channels, of which 8 are the least
        ("resnet20_cifar", [2, 4]),
    ],
)
def test_c_suits_the_channels(name: str, c: list[int]) -> None:
    assert list(space_around(preset(name)).blocks[0].sizes) == c


def test_selectors_of_narrow_networks_keep_their_hidden_units() -> None:
    def reduction(name: str) -> object:
        return space_around(preset(name)).model_dump()["reduction"]

    assert (reduction("resnet20_cifar"), reduction("resnet18"), reduction("mobilenet_v2")) == (4, 16, 16)


def test_single_blocks_stay_alone_and_deep_stages_are_thinned_out() -> None:
    assert space_around(preset("mobilenet_v2")).depths[0] == Depth(standard=(1,), mod=(0,))
    deep = space_around(preset("resnet152")).depths[2]
    assert (deep.standard[0], deep.standard[-1], deep.mod[0], deep.mod[-1]) == (18, 36, 0, 18)
    assert (len(deep.standard), len(deep.mod)) == (8, 8)
