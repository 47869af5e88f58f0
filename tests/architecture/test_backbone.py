import pytest

from modsearch.architecture import BACKBONES


@pytest.mark.parametrize(
    ("stem", "num_stages", "pixels"), [("imagenet", 4, 32), ("imagenet", 3, 16), ("cifar", 4, 8), ("cifar", 3, 4)]
)
@pytest.mark.parametrize("name", BACKBONES)
def test_min_image_size(name: str, stem: str, num_stages: int, pixels: int) -> None:
    assert BACKBONES[name].min_image_size(stem, num_stages) == pixels


@pytest.mark.parametrize("name", BACKBONES)
def test_table_has_its_name_and_lets_a_stage_begin(name: str) -> None:
    table = BACKBONES[name]
    assert table.name == name
    assert set(table.first_block_kinds) < set(table.block_kinds)


def test_out_channels() -> None:
    assert BACKBONES["resnet_basic"].out_channels(512) == 512
    assert BACKBONES["resnet_bottleneck"].out_channels(512) == 2048
