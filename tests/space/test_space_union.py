"""Several backbones in one study: one encoding, and each member's points beside those of the others."""

from typing import Any

import pytest

from modsearch.architecture import preset
from modsearch.message import parse
from modsearch.search.propose.ehvi import network_pool
from modsearch.space import SpaceUnion, StudySpec, num_networks
from tests.space.shipped import random_points, shipped_data

STAGE = {"standard": [1, 2], "mod": [0, 1]}
ONE = {"standard": [1], "mod": [0]}
RESNET = {
    "backbone": "resnet_basic",
    "stem": "cifar",
    "widths": [16, 32, 64],
    "depths": [STAGE, ONE, ONE],
    "placements": ["none", "free"],
    "c": [2, 4],
}
VGG = RESNET | {"backbone": "vgg_bn", "rules": ["add", "replace"]}
WIDE = RESNET | {"widths": [32, 64, 128], "width_factors": [1, 2]}
DEEP = RESNET | {"depths": [{"standard": list(range(1, 9)), "mod": list(range(9))}] * 3, "placements": ["free"]}


def union(**members: dict[str, Any]) -> SpaceUnion:
    return parse(SpaceUnion, {"any_of": members})


def test_every_point_has_the_parameters_of_all_members() -> None:
    space = union(resnet=RESNET, vgg=VGG)
    members = space.members
    assert list(space.parameters) == [
        "family",
        *(f"{name}.{own_name}" for name in members for own_name in members[name].parameters),
    ]
    assert space.parameters["family"].values == ("resnet", "vgg")
    assert space.num_points == members["resnet"].num_points + members["vgg"].num_points
    points = list(space.points())
    assert len(points) == len({tuple(point.items()) for point in points}) == space.num_points
    assert all(tuple(point) and point.keys() == space.parameters.keys() for point in points)


def test_parameters_of_other_members_mean_nothing() -> None:
    space = union(resnet=RESNET, vgg=VGG)
    for point in random_points(space, 30):
        name, own = space.split(point)
        assert name == point["family"]
        assert space.decode(point) == space.members[name].decode(own) == space.decode(space.join(name, own))
        assert space.split(space.join(name, own)) == (name, own)


def test_networks_of_each_member_are_found_again() -> None:
    space = union(resnet=RESNET, vgg=VGG, wide=WIDE)
    for point in space.points():
        network = space.decode(point)
        again = space.encode(network)
        assert again is not None
        assert again.keys() == space.parameters.keys()
        assert again["family"] == point["family"]
        assert space.decode(again).id == network.id
    assert preset("resnet50").architecture not in space


def test_networks_are_counted_exactly() -> None:
    space = union(resnet=RESNET, vgg=VGG, wide=WIDE)
    assert num_networks(space) == len({space.decode(point).id for point in space.points()})
    assert num_networks(space) == sum(num_networks(member) for member in space.members.values())


def test_the_pool_lists_each_network_once_with_features_that_tell_members_apart() -> None:
    space = union(resnet=RESNET, vgg=VGG, wide=WIDE)
    candidates = network_pool(space, seed=0)
    assert candidates.is_complete
    assert len(candidates) == num_networks(space)
    families = [point["family"] for point in candidates.points]
    assert [tuple(row) for row in candidates.features[:, -3:]] == [
        tuple(float(name == member) for member in space.members) for name in families
    ]
    assert len(set(candidates.groups)) == max(candidates.groups) + 1
    assert len({tuple(row) for row in candidates.features}) == len(candidates)


def test_a_large_pool_grows_within_a_member() -> None:
    space = union(resnet=DEEP, vgg=DEEP | {"backbone": "vgg_bn"})
    candidates = network_pool(space, seed=0)
    before = len(candidates)
    assert {point["family"] for point in candidates.points} == {"resnet", "vgg"}
    assert candidates.grow(0)
    new = candidates.points[before:]
    assert new
    for point in new:
        assert sum(point[name] != candidates.points[0][name] for name in point) == 1
        assert point["family"] == candidates.points[0]["family"]


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"any_of": {"a": RESNET}}, r"^space\.any_of must be of length 2 or more\."),
        ({"any_of": {}}, r"^space\.any_of must be of length 2 or more\."),
        ({"any_of": 3}, r"^space\.any_of must be a mapping\. Got 3 instead\.$"),
        (
            {"any_of": {"a": RESNET, "b.c": VGG}},
            r"^space\.any_of must be a mapping from names of .* Got 'b\.c'",
        ),
        ({"any_of": {"a": RESNET, "b": VGG}, "c": [2]}, r"^space has no field 'c', only any_of\.$"),
        (
            {"any_of": {"a": RESNET, "b": RESNET | {"c": [8]}}},
            r"^space\.any_of\.b\.widths must be other than those of a, .* Got \[16, 32, 64\] instead\.$",
        ),
        (
            {"any_of": {"a": RESNET, "b": RESNET | {"backbone": "vgg"}}},
            r"^space\.any_of\.b\.backbone must be one of .* Got 'vgg' instead\. Did you mean 'vgg_bn'\?$",
        ),
        (
            {"any_of": {"a": RESNET, "b": VGG | {"rule": ["add"]}}},
            r"^space\.any_of\.b has no field 'rule', only .* Did you mean 'rules'\?$",
        ),
        ({"any_of": {"a": RESNET, "b": {"stem": "cifar"}}}, r"^space\.any_of\.b\.backbone must be given\.$"),
        ({"any_of": {"a": RESNET, "b": VGG | {"widths": [1, 2]}}}, r"^space\.any_of\.b\.widths must be 3 numbers"),
    ],
)
def test_broken_rules_are_named(space: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(StudySpec, shipped_data() | {"space": space})
