import pytest

from modsearch.architecture import Architecture, MoD, published, stage_allows
from modsearch.message import parse
from modsearch.space import SearchSpace, dump_spec, load_spec, shipped_spaces
from tests.space.shipped import NAMES, random_points

PUBLISHED = {
    "cifar10_resnet18": {"resnet18_cifar", "resnet18_cifar_mod", "resnet34_cifar_mod"},  # its 2-2-3-2 standard blocks
    "cifar10_resnet50": {"resnet50_cifar", "resnet50_cifar_mod"},
    "cifar10_resnet_small": {"resnet20_cifar"},
    "digits_quickstart": {"resnet20_cifar"},
    "imagenet_subset_resnet50": {"resnet50", "resnet50_mod", "resnet75_mod", "resnet86_mod"},
}


def _space(name: str) -> SearchSpace:
    return load_spec(name).space


@pytest.mark.parametrize("name", NAMES)
def test_study_is_named_like_its_file(name: str) -> None:
    assert load_spec(name).name == name
    assert load_spec(str(shipped_spaces()[name])) == load_spec(name)


@pytest.mark.parametrize("name", NAMES)
def test_spec_round_trip(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("spec") / "spec.yaml"
    path.write_text(dump_spec(load_spec(name)))
    assert load_spec(str(path)) == load_spec(name)


@pytest.mark.parametrize("name", NAMES)
def test_points_decode_and_are_found_again(name: str) -> None:
    space = _space(name)
    for point in random_points(space, 50):
        network = space.decode(point)
        assert parse(Architecture, network.model_dump()) == network
        assert (network.backbone, network.stem, network.widths) == (space.backbone, space.stem, space.widths)
        again = space.encode(network)
        assert again is not None
        assert tuple(again) == tuple(space.parameters)
        assert space.decode(again).id == network.id
        assert network in space


@pytest.mark.parametrize("name", NAMES)
def test_named_placements_give_only_their_masks(name: str) -> None:
    space = _space(name)
    for point in random_points(space, 200):
        placement = point["placement"]
        for depth, mask in zip(space.depths, space.decode(point).masks, strict=True):
            assert stage_allows(placement, mask)  # type: ignore[arg-type]
            assert mask.count(False) in depth.standard
            assert sum(mask) in depth.mod


@pytest.mark.parametrize("name", NAMES)
def test_deleted_form_lies_in_the_space(name: str) -> None:
    space = _space(name)
    assert {"none", "free"} & set(space.placements)
    assert all(space.decode(point).without_mod() in space for point in random_points(space, 50))


def test_every_shipped_study_states_its_published_networks() -> None:
    assert set(PUBLISHED) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_published_networks_in_the_space(name: str) -> None:
    space = _space(name)
    assert {each.name for each in published().values() if each.architecture in space} == PUBLISHED[name]


@pytest.mark.parametrize("name", ["cifar10_resnet_small", "digits_quickstart"])
def test_narrow_networks_keep_4_hidden_units_in_their_selectors(name: str) -> None:
    space = _space(name)
    network = space.costliest()
    hidden = {
        block.num_hidden(channels)
        for stage, channels in zip(network.stages, network.out_channels, strict=True)
        for block in stage
        if isinstance(block, MoD)
    }
    assert hidden == {4, 8, 16}
    assert space.selections == ("learned",)
