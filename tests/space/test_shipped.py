import pytest
import torch

from modsearch.architecture import Architecture, MoD, preset, published, published_name, stage_allows
from modsearch.message import parse
from modsearch.models import build
from modsearch.models.torchvision_weights import torchvision_source
from modsearch.space import ImageFolder, SearchSpace, Space, dump_spec, load_spec, num_networks, shipped_spaces
from modsearch.space.draft import space_around
from tests.space.shipped import NAMES, random_points

_RESNET18 = {"resnet18_cifar", "resnet18_cifar_mod"}
_VGG = {"vgg16_bn_cifar", "vgg16_bn_cifar_mod", "vgg19_bn_cifar_mod"}  # the last has 1-1-2-2-2 standard blocks
PUBLISHED: dict[str, set[str]] = {
    "cifar100_mobilenetv2": set(),  # none was published with a stem for small images
    "cifar10_across_backbones": _RESNET18 | _VGG,
    "cifar10_convnext": set(),
    "cifar10_resnet18": {"resnet18_cifar", "resnet18_cifar_mod", "resnet34_cifar_mod"},  # its 2-2-3-2 standard blocks
    "cifar10_resnet50": {"resnet50_cifar", "resnet50_cifar_mod"},
    "cifar10_resnet_small": {"resnet20_cifar"},
    "digits_quickstart": {"resnet20_cifar"},
    "digits_two_deployments": {"resnet20_cifar"},
    "cifar10_vgg": _VGG | {"vgg19_bn_cifar"},
    "finetune_mobilenetv2": {"mobilenet_v2", "mobilenet_v2_mod"},
    "finetune_resnet50": {"resnet50", "resnet50_mod", "resnet50_mod_c8", "resnet50_mod_c16", "resnet50_mod_c32"},
    "imagenet_subset_mobilenetv2": {"mobilenet_v2", "mobilenet_v2_mod", "mobilenet_v2_mod_l"},
    "imagenet_subset_resnet50": {
        "resnet50",
        "resnet50_mod",
        "resnet50_mod_c8",
        "resnet50_mod_c16",
        "resnet50_mod_c32",
        "resnet50_mod_random",
        "resnet75_mod",
        "resnet86_mod",
    },
}


def _space(name: str) -> Space:
    return load_spec(name).space


MEMBERS = [(name, member) for name in NAMES for member in _space(name).members]


def _member(name: str, member: str) -> SearchSpace:
    return _space(name).members[member]


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
        member = space.members[space.split(point)[0]]
        assert (network.backbone, network.stem) == (member.backbone, member.stem)
        assert network.widths in member.scaled_widths
        again = space.encode(network)
        assert again is not None
        assert tuple(again) == tuple(space.parameters)
        assert space.decode(again).id == network.id
        assert network in space


@pytest.mark.parametrize(("name", "member"), MEMBERS)
def test_named_placements_give_only_their_masks(name: str, member: str) -> None:
    space = _member(name, member)
    for point in random_points(space, 200):
        placement = point["placement"]
        for depth, mask in zip(space.depths, space.decode(point).masks, strict=True):
            assert stage_allows(placement, mask)  # type: ignore[arg-type]
            assert mask.count(False) in depth.standard
            assert sum(mask) in depth.mod


@pytest.mark.parametrize("name", NAMES)
def test_deleted_form_lies_in_the_space(name: str) -> None:
    space = _space(name)
    assert all({"none", "free"} & set(member.placements) for member in space.members.values())
    assert all(space.decode(point).deleted() in space for point in random_points(space, 50))


def test_every_shipped_study_states_its_published_networks() -> None:
    assert set(PUBLISHED) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_published_networks_in_the_space(name: str) -> None:
    space = _space(name)
    inside = [network.architecture for network in published().values() if network.architecture in space]
    assert {published_name(network) for network in inside} == PUBLISHED[name]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "member"), MEMBERS)
def test_cheapest_and_costliest_networks_are_built_and_are_not_surpassed(name: str, member: str) -> None:
    space, deployment = _member(name, member), next(iter(load_spec(name).deployments.values()))

    def num_params(network: Architecture) -> int:
        with torch.device("meta"):
            model = build(network, deployment.num_classes or 1000, deployment.image_size)
        return sum(parameter.numel() for parameter in model.parameters())

    least, most = num_params(space.cheapest()), num_params(space.costliest())
    drawn = [num_params(space.decode(point)) for point in random_points(space, 8)]
    assert least <= min(drawn)
    assert max(drawn) <= most


@pytest.mark.parametrize("name", NAMES)
def test_its_networks_are_counted_and_the_reference_has_its_image_size(name: str) -> None:
    spec = load_spec(name)
    assert 1000 < num_networks(spec.space) < spec.space.num_points
    table, stem = spec.reference_architecture.table, spec.reference_architecture.stem
    smallest = table.min_image_size(stem, len(spec.reference_architecture.widths))
    assert all(deployment.image_size >= smallest for deployment in spec.deployments.values())


def test_what_is_fine_tuned_has_pretrained_weights_and_small_learning_rates() -> None:
    studies = [spec for spec in map(load_spec, NAMES) if spec.fidelity.init == "torchvision"]
    assert {spec.name: spec.reference for spec in studies} == {
        "finetune_mobilenetv2": "mobilenet_v2",
        "finetune_resnet50": "resnet50",
    }
    for spec in studies:
        assert torchvision_source(spec.reference_architecture) == spec.reference
        assert torchvision_source(spec.space.members[""].costliest()) in published()
        assert spec.fidelity.learning_rate <= 0.02
        assert spec.data == ImageFolder(holdout=0.1)


@pytest.mark.parametrize("name", ["finetune_resnet50", "finetune_mobilenetv2"])
def test_what_is_fine_tuned_is_what_new_drafts(name: str) -> None:
    spec = load_spec(name)
    assert spec.space == space_around(preset(spec.reference))


@pytest.mark.parametrize("name", ["cifar10_resnet_small", "digits_quickstart", "digits_two_deployments"])
def test_narrow_networks_keep_4_hidden_units_in_their_selectors(name: str) -> None:
    space = _member(name, "")
    network = space.costliest()
    hidden = {
        block.num_hidden(channels)
        for stage, channels in zip(network.stages, network.out_channels, strict=True)
        for block in stage
        if isinstance(block, MoD)
    }
    assert hidden == {4, 8, 16}
    assert space.blocks[0].selections == ("learned",)
