"""The parts of networks, counted by hand."""

import pytest

from modsearch.architecture import Architecture, MoD, Part, Standard, network_parts, preset

S, M = Standard(), MoD(c=4, reduction=4)
FAMILY = "resnet_basic cifar 16-32-64"


def network(*stages: tuple[Standard | MoD, ...], backbone: str = "resnet_basic") -> Architecture:
    return Architecture(backbone=backbone, stem="cifar", widths=(16, 32, 64), stages=stages)


def test_parts_of_a_small_network() -> None:
    found = network_parts(network((S, M, S, M, M), (S, S, S), (S,)))
    # 16 / 4 channels and hidden units; the paper's reduction of 16 would give 1, which is left out of a form
    mod = Part(family=FAMILY, kind="mod", stage=0, k=4, form="num_hidden 4")
    assert found == {
        Part(family=FAMILY, kind="frame"): 1,
        mod: 3,
        Part(family=FAMILY, kind="run", stage=0): 2,
        Part(family=FAMILY, kind="standard", stage=0): 1,
        Part(family=FAMILY, kind="standard", stage=1): 2,
    }
    assert mod.describe() == f"mod block in stage 0 of {FAMILY}, k 4, num_hidden 4"
    assert Part(family=FAMILY, kind="frame").describe() == f"frame of {FAMILY}"
    assert Part(family=FAMILY, kind="run", stage=0).describe() == f"run of MoD blocks in stage 0 of {FAMILY}"


def test_number_of_parts_is_that_of_the_blocks() -> None:
    architecture = preset("resnet75_mod").architecture
    found = network_parts(architecture)
    num_blocks = sum(architecture.depths) - len(architecture.depths)  # without the first of each stage
    assert sum(number for part, number in found.items() if part.kind != "run") == 1 + num_blocks
    assert sum(number for part, number in found.items() if part.kind == "mod") == architecture.num_mod_blocks


def test_aliases_of_a_block_are_one_part() -> None:
    same = [MoD(c=1, selection="first_scored", reduction=4), MoD(c=1, reduction=4)]  # all channels are selected
    assert len({part for block in same for part in network_parts(network((S, block), (S,), (S,)))}) == 3


@pytest.mark.parametrize(
    "other",
    [
        MoD(c=8, reduction=4),
        MoD(c=4, reduction=2),
        MoD(c=4, selection="random"),
        MoD(c=4, reduction=4, position="last"),
        MoD(c=4, reduction=4, inner_relu=False),
    ],
)
def test_what_sets_a_block_apart_makes_another_part(other: MoD) -> None:
    first, second = (set(network_parts(network((S, block), (S,), (S,)))) for block in (M, other))
    assert {part.kind for part in first & second} == {"frame", "run"}


def test_stage_backbone_and_widths_make_other_parts() -> None:
    base = network((S, S), (S,), (S,))
    others = [network((S,), (S, S), (S,)), network((S, S), (S,), (S,), backbone="vgg_bn"), base.with_width(2)]
    standard = {
        part for architecture in (base, *others) for part in network_parts(architecture) if part.kind == "standard"
    }
    assert len(standard) == 4
