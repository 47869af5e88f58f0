from fractions import Fraction
from typing import Any

import pytest

from modsearch.architecture import Architecture, MoD, Standard, preset
from modsearch.message import parse
from modsearch.space import SearchSpace


def _space(**changes: Any) -> SearchSpace:
    data = {
        "backbone": "resnet_basic",
        "stem": "cifar",
        "widths": [16, 32, 64],
        "depths": [{"standard": [1, 2], "mod": [0, 1, 2]}] * 3,
        "placements": ["none", "alternating", "free"],
        "c": [2, 4],
        **changes,
    }
    return parse(SearchSpace, data)


STAGES = {
    f"stage{index}.{name}": num_choices
    for index in range(3)
    for name, num_choices in (("n_standard", 2), ("n_mod", 3), ("order", 3))
}


def test_parameters_for_one_c_a_network() -> None:
    space = _space()
    assert {name: each.num_choices for name, each in space.parameters.items()} == {
        "placement": 3,
        "selection": 1,
        "c": 2,
        **STAGES,
    }
    assert space.num_points == 3 * 1 * 2 * (2 * 3 * 3) ** 3
    assert space.parameters["placement"].values == ("none", "alternating", "free")
    assert space.parameters["stage1.n_mod"].values == (0, 1, 2)


def test_parameters_for_one_c_a_stage() -> None:
    space = _space(c_per="stage")
    numbers = {name: each.num_choices for name, each in space.parameters.items()}
    assert numbers == {"placement": 3, "selection": 1, **STAGES, **{f"stage{index}.c": 2 for index in range(3)}}
    assert space.num_points == 3 * 1 * (2 * 3 * 3 * 2) ** 3


def test_points_lists_every_point_once() -> None:
    space = _space(depths=[{"standard": [1], "mod": [0, 1]}] * 3, placements=["free"])
    points = [tuple(point.items()) for point in space.points()]
    assert len(points) == len(set(points)) == space.num_points == 2 * 6**3
    assert {tuple(point) for point in space.points()} == {tuple(space.parameters)}


def test_c_of_each_stage_is_its_own() -> None:
    space = _space(c_per="stage", selections=["random"], placements=["free"], reduction=4)
    point = dict.fromkeys(space.parameters, 1) | {"placement": "free", "selection": "random"}
    point |= {f"stage{index}.order": "late" for index in range(3)} | {"stage1.c": 0}
    network = space.decode(point)
    cs = [[block.c for block in stage if isinstance(block, MoD)] for stage in network.stages]
    assert cs == [[Fraction(4)], [Fraction(2)], [Fraction(4)]]
    block = network.stages[0][2]
    assert isinstance(block, MoD)
    assert (block.selection, block.reduction) == ("random", 4)
    again = space.encode(network)
    assert again is not None
    assert again["stage1.c"] == 0
    assert network not in _space(placements=["free"], selections=["random"], reduction=4)  # one c for the network


def test_free_places_blocks_by_order() -> None:
    space = _space(placements=["free"])
    point = {name: each.values[-1] for name, each in space.parameters.items()}
    point |= {"stage0.order": "spread", "stage1.order": "early", "stage2.order": "late"}
    assert space.decode(point).describe().endswith("[S M4 S M4 | S M4 M4 S | S S M4 M4]")


def test_named_placement_takes_the_nearest_number_of_mod_blocks() -> None:
    space = _space()
    point = {name: each.values[-1] for name, each in space.parameters.items()} | {"placement": "alternating"}
    rest = point | {"stage0.n_mod": 0, "stage1.n_mod": 1, "stage2.n_standard": 0}
    assert space.decode(rest).describe().endswith("[S M4 S | S M4 S | S M4]")
    assert space.decode(point | {"placement": "none"}).depths == (2, 2, 2)


def test_costliest_by_brute_force() -> None:
    def cost(network: Architecture) -> tuple[int, int, int]:
        ks = [
            block.num_selected(width)
            for stage, width in zip(network.stages, network.widths, strict=True)
            for block in stage
            if isinstance(block, MoD)
        ]
        return sum(network.depths) - len(ks), len(ks), sum(ks)

    for placements in (["none"], ["alternating"], ["every_third"], ["per_stage"], ["every_block", "free"]):
        space = _space(depths=[{"standard": [2, 1], "mod": [1, 0]}] * 3, placements=placements, c=[4, 2])
        assert cost(space.costliest()) == max(cost(space.decode(point)) for point in space.points()), placements


def test_networks_outside_of_the_space() -> None:
    space = _space()
    network = space.costliest()
    one = (Standard(),)
    outside = [
        preset("resnet50").architecture,
        preset("resnet18_cifar").architecture,
        network.model_copy(update={"stem": "imagenet"}),
        network.model_copy(update={"widths": (16, 32, 65)}),
        network.model_copy(update={"stages": (one * 3, one, one)}),
        network.model_copy(update={"stages": (one, one, one, one), "widths": (16, 32, 64, 128)}),
        network.model_copy(update={"stages": (one, one, (*one, MoD(c=Fraction(8))))}),
        network.model_copy(update={"stages": (one, one, (*one, MoD(c=Fraction(4), reduction=4)))}),
        network.model_copy(update={"stages": (one, one, (*one, MoD(c=Fraction(4), selection="first")))}),
        network.model_copy(update={"stages": (one, one, (*one, MoD(c=Fraction(4), inner_relu=False)))}),
    ]
    assert [each.describe() for each in outside if each in space] == []


def test_c_with_the_same_k_is_the_same_network() -> None:
    one = (Standard(),)
    network = Architecture(
        backbone="resnet_basic", stem="cifar", widths=(16, 32, 64), stages=(one, one, (*one, MoD(c=Fraction("3.9"))))
    )
    assert network in _space()  # k is 16 for c = 3.9 as for c = 4
    assert network not in _space(c=[2])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "resnet"}, r"^backbone must be one of resnet_basic, resnet_bottleneck\. Got 'resnet' instead\."),
        ({"stem": "cifar10"}, r"^stem must be one of imagenet, cifar\. .* Did you mean 'cifar'\?$"),
        ({"depths": []}, r"^depths must be a list of 3 or 4 stages for resnet_basic\. Got 0 instead\.$"),
        ({"widths": [16, 32]}, r"^widths must be 3 numbers, one a stage\. Got \[16, 32\] instead\.$"),
        ({"c": [2, "4/2"]}, r"^c must be without repeats\. Got \['2', '2'\] instead\.$"),
        ({"c": []}, r"^c must be of length 1 or more\. Got \[\] instead\.$"),
        ({"c": [2, 0.5]}, r"^c\[1\] must be a number of at least 1, .* Got 0\.5 instead\.$"),
        ({"placements": ["none", "none"]}, r"^placements must be without repeats\."),
        ({"selections": ["first", "first"]}, r"^selections must be without repeats\."),
        ({"placements": ["alternatign"]}, r"^placements\[0\] must be one of none, .* Did you mean 'alternating'\?$"),
        ({"selections": ["learn"]}, r"^selections\[0\] must be one of learned, random, first\."),
        ({"c_per": "block"}, r"^c_per must be one of network, stage\."),
        (
            {"depths": [{"standard": [1], "mod": [0]}] * 2 + [{"standard": [1, 1], "mod": [0]}]},
            r"^depths\[2\]\.standard must be without repeats\.",
        ),
        (
            {"depths": [{"standard": [1], "mod": [0]}] * 2 + [{"standard": [0], "mod": [0]}]},
            r"^depths\[2\]\.standard\[0\] must be greater than 0\. Got 0 instead\.$",
        ),
        (
            {"depths": [{"standard": [1], "mod": [0]}] * 2 + [{"standard": [2000], "mod": [0]}]},
            r"^depths\[2\]\.standard\[0\] must be less than or equal to 200\. Got 2000 instead\.$",
        ),
        (
            {"depths": [{"standard": [1], "mod": [-1]}] * 3},
            r"^depths\[0\]\.mod\[0\] must be greater than or equal to 0\.",
        ),
        (
            {"depths": [{"standard": [3], "mod": [1]}] * 3},
            r"^depths\[0\]\.mod must be such that none fits at least one of standard \[3\]\. Got \[1\] instead\.$",
        ),
        ({"depth": 3}, r"^the top level has no field 'depth', only .* Did you mean 'depths'\?$"),
    ],
)
def test_broken_rules_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _space(**changes)
