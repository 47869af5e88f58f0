"""Swaps: which networks lie one change of light blocks away."""

from fractions import Fraction

import pytest

from modsearch.architecture import Architecture, MoD, Narrow, Standard, swaps

BLOCKS = {"S": Standard(), "M": MoD(c=4), "m": MoD(c=2), "N": Narrow(ratio=Fraction(1, 2))}


def network(*stages: str, widths: tuple[int, ...] = (16, 32, 64)) -> Architecture:
    blocks = tuple(tuple(BLOCKS[letter] for letter in stage) for stage in stages)
    return Architecture(backbone="resnet_basic", stem="cifar", widths=widths, stages=blocks)


def found(*stages: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The stages that a swap gives, as symbols -> which swap."""
    rows = {}
    for swap in swaps(network(*stages)):
        text = swap.architecture.describe().partition("[")[2].removesuffix("]")
        assert text not in rows
        rows[text] = (swap.change, swap.stages)
    return rows


def test_all_swaps_of_a_network() -> None:
    """Counted by hand: the block's six other places, four more places for another one, c, and none."""
    assert found("SMS", "S", "S") == {
        "S S | S | S": ("removed", (0,)),
        "S M2 S | S | S": ("halved", (0,)),
        "S M8 S | S | S": ("doubled", (0,)),
        "S S M4 | S | S": ("moved", (0,)),
        "S S | S M4 | S": ("moved", (0, 1)),
        "S S | S | S M4": ("moved", (0, 2)),
        "S M4 M4 S | S | S": ("added", (0,)),
        "S M4 S M4 | S | S": ("added", (0,)),
        "S M4 S | S M4 | S": ("added", (1,)),
        "S M4 S | S | S M4": ("added", (2,)),
    }


def test_a_block_takes_the_form_of_those_that_it_joins() -> None:
    rows = found("SM", "Sm", "S")
    assert rows["S | S M2 M2 | S"] == ("moved", (0, 1))
    assert rows["S M4 M4 | S M2 | S"] == ("added", (0,))
    assert {"S M2 | S M1 | S", "S M2 | S M2 | S", "S M4 | S M1 | S"} <= {
        text for text, (change, _) in rows.items() if change == "halved"
    }


def test_a_size_that_there_is_not_and_one_that_is_the_same_are_left_out() -> None:
    assert "doubled" not in {change for change, _ in found("SN", "S", "S").values()}  # of all channels
    halved = [swap for swap in swaps(network("SN", "S", "S")) if swap.change == "halved"]
    assert [swap.architecture.stages[0][1] for swap in halved] == [Narrow(ratio=Fraction(1, 4))]
    assert halved[0].size_name == "ratio"
    wide = Architecture(
        backbone="resnet_basic", stem="cifar", widths=(2, 4, 8), stages=((Standard(), MoD(c=2)),) + ((Standard(),),) * 2
    )
    assert "doubled" not in {swap.change for swap in swaps(wide)}  # one channel is left, as before


def test_a_plain_network_may_get_what_is_named() -> None:
    plain = network("S", "S", "S")
    assert list(swaps(plain)) == []
    added = list(swaps(plain, [MoD(c=2), MoD(c=4)]))
    assert [(swap.change, swap.stages) for swap in added] == [("added", (stage,)) for stage in (0, 1, 2)] * 2
    assert {swap.architecture.num_light_blocks for swap in added} == {1}


def test_what_the_backbone_cannot_form_is_left_out() -> None:
    """ConvNeXt's MoD block needs eight channels."""
    stages = ((Standard(), MoD(c=2)), (Standard(),), (Standard(),), (Standard(),))
    convnext = Architecture(backbone="convnext", stem="cifar", widths=(16, 32, 64, 128), stages=stages)
    assert convnext.table.min_selected == 8
    found = [swap for swap in swaps(convnext) if swap.change in ("halved", "doubled")]
    assert [swap.architecture.stages[0][1] for swap in found] == [MoD(c=1)]


@pytest.mark.parametrize("factor", [Fraction(1, 2), Fraction(2)])
def test_a_standard_block_has_no_size(factor: Fraction) -> None:
    assert Standard().resized(factor) == Standard()
    assert MoD(c=4, reduction=2).resized(factor) == MoD(c=4 * factor, reduction=2)
