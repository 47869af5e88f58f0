from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from modsearch.architecture import Architecture, MoD, Standard, preset, stage_allows
from modsearch.message import parse
from modsearch.space import SearchSpace
from modsearch.space.mod_space import ModSpace


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
    assert {name: parameter.num_choices for name, parameter in space.parameters.items()} == {
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
    numbers = {name: parameter.num_choices for name, parameter in space.parameters.items()}
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
    point = {name: parameter.values[-1] for name, parameter in space.parameters.items()}
    point |= {"stage0.order": "spread", "stage1.order": "early", "stage2.order": "late"}
    assert space.decode(point).describe().endswith("[S M4 S M4 | S M4 M4 S | S S M4 M4]")


def test_named_placement_takes_the_nearest_number_of_mod_blocks() -> None:
    space = _space()
    point = {name: parameter.values[-1] for name, parameter in space.parameters.items()} | {"placement": "alternating"}
    rest = point | {"stage0.n_mod": 0, "stage1.n_mod": 1, "stage2.n_standard": 0}
    assert space.decode(rest).describe().endswith("[S M4 S | S M4 S | S M4]")
    assert space.decode(point | {"placement": "none"}).depths == (2, 2, 2)


@pytest.mark.slow
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
    assert [architecture.describe() for architecture in outside if architecture in space] == []


def test_c_with_the_same_k_is_the_same_network() -> None:
    one = (Standard(),)
    network = Architecture(
        backbone="resnet_basic", stem="cifar", widths=(16, 32, 64), stages=(one, one, (*one, MoD(c=Fraction("3.9"))))
    )
    assert network in _space()  # k is 16 for c = 3.9 as for c = 4
    assert network not in _space(c=[2])


EVERY_VARIANT: dict[str, Any] = {
    "selections": ["learned", "random", "first", "first_scored"],
    "positions": ["first", "last", "original"],
    "rules": ["add", "replace"],
    "inner_shortcuts": [True, False],
    "inner_relus": [True, False],
    "reduction": [4, 16],
    "width_factors": [0.5, 1],
}


def test_what_has_one_choice_is_no_parameter() -> None:
    one = _space(positions=["last"], rules=["replace"], inner_relus=[False], reduction=4, width_factors=[0.5])
    assert list(one.parameters) == list(_space().parameters)
    network = one.decode({name: parameter.values[-1] for name, parameter in one.parameters.items()})
    assert network.widths == (8, 16, 32)
    assert network.stages[0][-1] == MoD(c=Fraction(4), reduction=4, position="last", rule="replace", inner_relu=False)
    more = [name for name in _space(**EVERY_VARIANT).parameters if name not in one.parameters]
    assert more == ["position", "rule", "inner_shortcut", "inner_relu", "reduction", "width"]


@pytest.mark.slow
def test_every_variant_is_decoded_and_found_again() -> None:
    space = _space(**EVERY_VARIANT, placements=["free"], widths=[16, 32, 64])
    variants, symbols = [name for name in space.parameters if not name.startswith("stage")], set()
    last = {name: parameter.values[-1] for name, parameter in space.parameters.items()}
    for values in product(*(space.parameters[name].values for name in variants)):
        network = space.decode({**last, **dict(zip(variants, values, strict=True))})
        symbols.add((network.widths, network.stages[1][-1].symbol, network.id))
        again = space.encode(network)
        assert again is not None
        assert space.decode(again).id == network.id
    assert len({symbol for _, symbol, _ in symbols}) == 2 * 4 * 3 * 2 * 2 * 2  # c, then all but reduction and width
    assert {widths for widths, *_ in symbols} == {(8, 16, 32), (16, 32, 64)}


def test_a_number_alone_is_one_reduction() -> None:
    (alone,), (listed,) = _space(reduction=4).blocks, _space(reduction=[4]).blocks
    assert alone == listed
    assert isinstance(alone, ModSpace)
    assert alone.reduction == (4,)
    assert _space(reduction=4).model_dump(mode="json")["reduction"] == 4
    assert _space(reduction=[4, 8]).model_dump(mode="json")["reduction"] == [4, 8]


def test_costliest_is_the_widest_and_cheapest_the_narrowest() -> None:
    space = _space(width_factors=[1, 2, 0.5])
    assert space.costliest().widths == (32, 64, 128)
    assert space.cheapest().widths == (8, 16, 32)


def test_mod_blocks_in_chosen_stages_only() -> None:
    """Of per_stage: alternating in one stage, none in the next."""
    space = _space(placements=["per_stage"], depths=[{"standard": [1], "mod": [0, 1]}] * 3)
    networks = [space.decode(point) for point in space.points()]
    with_mod = {tuple(any(mask) for mask in network.masks) for network in networks}
    assert len(with_mod) == 2**3
    assert all(stage_allows("per_stage", mask) for network in networks for mask in network.masks)


def test_narrow_stages_without_mod_blocks_need_no_k() -> None:
    depths = [{"standard": [1], "mod": [0]}, {"standard": [1], "mod": [0, 1]}, {"standard": [1], "mod": [0, 1]}]
    assert _space(backbone="convnext", depths=depths).costliest().num_mod_blocks == 2
    everywhere = [{"standard": [1], "mod": [0, 1]}] * 3
    assert _space(backbone="convnext", depths=everywhere, placements=["none"]).costliest().num_mod_blocks == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "resnet"}, r"^backbone must be one of resnet_basic, .*, convnext\. Got 'resnet' instead\."),
        ({"stem": "cifar10"}, r"^stem must be one of imagenet, cifar\. .* Did you mean 'cifar'\?$"),
        ({"depths": []}, r"^depths must be a list of 3 or 4 stages for resnet_basic\. Got 0 instead\.$"),
        ({"widths": [16, 32]}, r"^widths must be 3 numbers, one a stage\. Got \[16, 32\] instead\.$"),
        ({"c": [2, "4/2"]}, r"^c must be without repeats\. Got \['2', '2'\] instead\.$"),
        ({"c": []}, r"^c must be of length 1 or more\. Got \[\] instead\.$"),
        ({"c": [2, 0.5]}, r"^c\[1\] must be a number of at least 1, .* Got 0\.5 instead\.$"),
        ({"placements": ["none", "none"]}, r"^placements must be without repeats\."),
        ({"selections": ["first", "first"]}, r"^selections must be without repeats\."),
        ({"placements": ["alternatign"]}, r"^placements\[0\] must be one of none, .* Did you mean 'alternating'\?$"),
        ({"selections": ["learn"]}, r"^selections\[0\] must be one of learned, random, first, first_scored\."),
        ({"positions": ["middle"]}, r"^positions\[0\] must be one of first, last, original\."),
        ({"rules": ["add", "add"]}, r"^rules must be without repeats\."),
        ({"inner_relus": []}, r"^inner_relus must be of length 1 or more\."),
        ({"reduction": [4, 4]}, r"^reduction must be without repeats\."),
        ({"reduction": 0}, r"^reduction\[0\] must be greater than 0\. Got 0 instead\.$"),
        ({"reduction": "four"}, r"^reduction must be a list\. Got 'four' instead\.$"),
        ({"width_factors": [1, 0]}, r"^width_factors\[1\] must be greater than 0\."),
        (
            {"width_factors": [1, 1.001]},
            r"^width_factors must be such that each makes other widths of \[16, ",
        ),
        ({"widths": [16, 32, 4000], "width_factors": [1, 3]}, r"^width_factors\[1\] must be at most 2\.048 for widths"),
        (
            {"backbone": "vgg_bn", "inner_shortcuts": [True, False]},
            r"^inner_shortcuts must be \[true\]: a block of vgg_bn has no shortcut\. Got \[True, False\] instead\.$",
        ),
        (
            {"backbone": "convnext", "inner_relus": [False], "c": [2]},
            r"^inner_relus must be \[true\]: a block of convnext does not end with ReLU\.",
        ),
        (
            {"backbone": "convnext"},
            r"^c\[1\] must be at most 2 for stage 0: convnext needs k of 8 or more, and 16 channels give k = 4\. ",
        ),
        (
            {"backbone": "convnext", "widths": [32, 32, 64], "width_factors": [1, 0.5]},
            r"^c\[1\] must be at most 2 for stage 0: .* and 16 channels give k = 4\. Got '4' instead\.$",
        ),
        (
            {"backbone": "convnext", "widths": [4, 32, 64], "c": [2]},
            r"^c\[0\] must be left out: stage 0 is too narrow for MoD blocks: convnext needs k of 8 or more",
        ),
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
