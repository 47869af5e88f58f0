import pytest

from modsearch.architecture import BACKBONES, MoD

# What the papers' tables multiply to, VGG's last pool included.
SMALLEST = {
    "resnet_basic": {("imagenet", 4): 32, ("imagenet", 3): 16, ("cifar", 4): 8, ("cifar", 3): 4},
    "resnet_bottleneck": {("imagenet", 4): 32, ("imagenet", 3): 16, ("cifar", 4): 8, ("cifar", 3): 4},
    "vgg_bn": {("imagenet", 5): 32, ("cifar", 5): 32, ("cifar", 4): 16, ("cifar", 3): 8},
    "mobilenet_v2": {("imagenet", 7): 32, ("cifar", 7): 8},
    "convnext": {("imagenet", 4): 32, ("imagenet", 3): 16, ("cifar", 4): 8, ("cifar", 3): 4},
}


@pytest.mark.parametrize("name", BACKBONES)
def test_min_image_size(name: str) -> None:
    for (stem, num_stages), pixels in SMALLEST[name].items():
        assert BACKBONES[name].min_image_size(stem, num_stages) == pixels


@pytest.mark.parametrize("name", BACKBONES)
def test_every_stem_has_strides_for_every_stage(name: str) -> None:
    table = BACKBONES[name]
    assert all(len(strides) == 1 + max(table.num_stages) for strides in table.strides.values())


@pytest.mark.parametrize("name", BACKBONES)
def test_table_has_its_name_and_takes_the_papers_block(name: str) -> None:
    table = BACKBONES[name]
    assert table.name == name
    MoD(c=4).check("block", table, 32)


def test_out_channels() -> None:
    assert BACKBONES["resnet_basic"].out_channels(512) == 512
    assert BACKBONES["resnet_bottleneck"].out_channels(512) == 2048
