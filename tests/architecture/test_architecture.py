import copy
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modsearch.architecture import Architecture, Block, MoD, Standard, preset
from modsearch.message import parse
from tests.architecture.strategies import architectures, cs, mod, three_stages

# SHA-256 of canonical forms typed by hand. They are the keys of stored studies: they may never change.
GOLDEN_IDS: dict[str, Callable[[], Architecture]] = {
    "23d357580c32": lambda: preset("resnet20_cifar").architecture,
    "f73f9673d78d": lambda: preset("resnet18_cifar_mod").architecture,
    "066384633b56": lambda: three_stages(mod(2, reduction=4), mod("3/2", selection="random", inner_relu=False)),
}


@pytest.mark.parametrize("golden", GOLDEN_IDS)
def test_id_is_stable(golden: str) -> None:
    assert GOLDEN_IDS[golden]().id == golden


@pytest.mark.slow
@given(architectures())
def test_json_round_trip(architecture: Architecture) -> None:
    again = Architecture.from_json(architecture.to_json())
    assert again == architecture
    assert again.id == architecture.id
    assert "\n" not in architecture.describe()


def test_id_is_over_k_not_c() -> None:
    assert three_stages(mod(33)).id == three_stages(mod(64)).id  # both 1 of 64 channels
    assert three_stages(mod(32)).id != three_stages(mod(33)).id  # 2 and 1


@given(cs, cs, st.tuples(st.integers(1, 300), st.integers(1, 300)))
def test_ids_are_equal_exactly_where_k_is_equal(one: float, other: float, channels: tuple[int, int]) -> None:
    def network(c: float) -> Architecture:
        block = MoD.model_validate({"c": c})
        return Architecture(
            backbone="resnet_basic",
            stem="cifar",
            widths=(16, *channels),
            stages=((Standard(),), (Standard(), block), (Standard(), block)),
        )

    ks = [[MoD.model_validate({"c": c}).num_selected(width) for width in channels] for c in (one, other)]
    assert (network(one).id == network(other).id) == (ks[0] == ks[1])


def test_id_is_over_hidden_units_not_reduction() -> None:
    assert three_stages(mod(4, reduction=64)).id == three_stages(mod(4, reduction=100)).id  # both 1 hidden unit
    assert three_stages(mod(4, reduction=16)).id != three_stages(mod(4, reduction=8)).id


@given(st.integers(1, 100), st.sampled_from(["random", "first"]))
def test_reduction_means_nothing_without_a_selector(reduction: int, selection: str) -> None:
    block = mod(4, selection=selection)
    assert three_stages(block.model_copy(update={"reduction": reduction})).id == three_stages(block).id


def test_every_field_makes_another_network() -> None:
    blocks: list[Block] = [Standard(), mod(4), mod(4, inner_shortcut=False), mod(4, inner_relu=False)]
    blocks += [mod(4, selection=selection) for selection in ("random", "first", "first_scored")]
    blocks += [mod(4, position="last"), mod(4, position="original"), mod(4, rule="replace")]
    networks = [three_stages(block) for block in blocks]
    networks += [three_stages(), three_stages(widths=(16, 32, 65))]
    networks += [networks[0].model_copy(update=change) for change in ({"stem": "imagenet"},)]
    networks += [networks[0].model_copy(update={"backbone": "resnet_bottleneck"})]
    assert len({network.id for network in networks}) == len(networks)


@pytest.mark.slow
@given(architectures())
def test_the_deleted_form_keeps_exactly_the_standard_blocks(architecture: Architecture) -> None:
    deleted = architecture.deleted()
    assert deleted.num_mod_blocks == 0
    assert deleted.placement == "none"
    assert deleted.depths == tuple(mask.count(False) for mask in architecture.masks)
    assert deleted == parse(Architecture, deleted.model_dump())  # still valid
    assert deleted.deleted() == deleted
    assert (deleted.id == architecture.id) == (architecture.num_mod_blocks == 0)


@given(architectures())
def test_the_plain_form_has_a_standard_block_in_every_slot(architecture: Architecture) -> None:
    plain = architecture.plain()
    assert plain.depths == architecture.depths
    assert (plain.widths, plain.stem, plain.backbone) == (architecture.widths, architecture.stem, architecture.backbone)
    assert plain.num_mod_blocks == 0
    assert plain == parse(Architecture, plain.model_dump())  # still valid
    assert plain.plain() == plain == plain.deleted()
    assert (plain.id == architecture.id) == (architecture.num_mod_blocks == 0)


def test_derived_values() -> None:
    network = preset("resnet50_mod").architecture
    assert network.depths == (3, 4, 6, 3)
    assert network.num_mod_blocks == 1 + 2 + 3 + 1
    assert network.out_channels == (256, 512, 1024, 2048)
    assert network.placement == "alternating"
    assert network.deleted().depths == (2, 2, 3, 2)
    assert network.plain() == preset("resnet50").architecture
    assert network.describe() == (
        "resnet_bottleneck imagenet 64-128-256-512 [S M64 S | S M64 S M64 | S M64 S M64 S M64 | S M64 S]"
    )
    assert network.with_width(0.25).widths == (16, 32, 64, 128)
    assert network.with_width(0.001).widths == (1, 1, 1, 1)


def _data(**changes: object) -> dict[str, object]:
    stages = [[{"kind": "standard"}], [{"kind": "standard"}], [{"kind": "standard"}]]
    return {"backbone": "resnet_basic", "stem": "cifar", "widths": [16, 32, 64], "stages": stages, **changes}


def _with_block(backbone: str, **fields: object) -> dict[str, object]:
    """A MoD block as block 1 of stage 1, where 32 channels arrive."""
    standard: list[dict[str, object]] = [{"kind": "standard"}]
    return {"backbone": backbone, "stages": [standard, [*standard, {"kind": "mod", "c": 4, **fields}], standard]}


MISFITS = [
    (
        {**_with_block("convnext", c=1), "widths": [16, 7, 64]},
        "stages[1][1] must be standard: convnext needs k of 8 or more, and there are 7 channels. Got 'mod' instead.",
    ),
    (
        _with_block("convnext", c=5),
        "stages[1][1].c must be at most 4: convnext needs k of 8 or more, and 32 channels give k = 6. Got '5' instead.",
    ),
    (
        _with_block("vgg_bn", inner_shortcut=False),
        "stages[1][1].inner_shortcut must be true: a block of vgg_bn has no shortcut. Got False instead.",
    ),
    (
        _with_block("convnext", inner_relu=False),
        "stages[1][1].inner_relu must be true: a block of convnext does not end with ReLU. Got False instead.",
    ),
]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"backbone": "resnet_basik"},
            "backbone must be one of resnet_basic, resnet_bottleneck, vgg_bn, mobilenet_v2, convnext. "
            "Got 'resnet_basik' instead. Did you mean 'resnet_basic'?",
        ),
        ({"stem": "cifr"}, "stem must be one of imagenet, cifar. Got 'cifr' instead. Did you mean 'cifar'?"),
        (
            {"stages": [[{"kind": "standard"}]] * 2, "widths": [16, 32]},
            "stages must be a list of 3 or 4 stages for resnet_basic. Got 2 instead.",
        ),
        ({"backbone": "mobilenet_v2"}, "stages must be a list of 7 stages for mobilenet_v2. Got 3 instead."),
        ({"stages": []}, "stages must be of length 1 or more. Got [] instead."),
        ({"widths": [16, 32]}, "widths must be 3 numbers, one a stage. Got [16, 32] instead."),
        ({"widths": [16, 32, 0]}, "widths[2] must be greater than 0. Got 0 instead."),
        ({"widths": [16, 32, True]}, "widths[2] must be a number. Got True instead."),
        (
            {"stages": [[{"kind": "standard"}], [{"kind": "mod", "c": 4}], [{"kind": "standard"}]]},
            "stages[1][0] must be standard: in resnet_basic a stage's first block changes the shape. "
            "Got 'mod' instead.",
        ),
        (
            {"stages": [[{"kind": "standard"}], [], [{"kind": "standard"}]]},
            "stages[1] must be a list of at least 1 block. Got [] instead.",
        ),
        (
            {"stages": [[{"kind": "standard"}, {"kind": "mode", "c": 4}]]},
            "stages[0][1].kind must be one of mod, narrow, standard. Got 'mode' instead. Did you mean 'mod'?",
        ),
        *MISFITS,
        ({"schema_version": 2}, "schema_version must be 1. Got 2 instead."),
    ],
)
def test_broken_rules_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse(Architecture, _data(**changes))


@pytest.mark.parametrize("text", ["", "{", "resnet50", b"\xff"])
def test_text_that_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^An architecture must be valid JSON: [^\n]+\.$"):
        Architecture.from_json(text)


def test_json_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^the top level must be a mapping\. Got \[\] instead\.$"):
        Architecture.from_json(json.dumps([]))


def test_a_copy_has_an_id_of_its_own() -> None:
    network = preset("resnet18_cifar_mod").architecture
    before = network.id
    assert network.deleted().id != before
    assert network.model_copy(update={"widths": (8, 16, 32, 64)}).id != before
    assert network.model_copy().id == before == network.id
    fresh = Architecture.from_json(network.to_json())
    assert fresh == network
    assert hash(fresh) == hash(network)
    assert copy.deepcopy(network) == fresh
