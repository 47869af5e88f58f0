"""Which parts a space has, and which networks are timed for them."""

from collections import Counter

import pytest

from modsearch.architecture import network_parts
from modsearch.message import parse
from modsearch.scoring.latency_table import draw_networks, list_parts
from modsearch.space import SearchSpace, SpaceUnion, load_spec
from tests.conformance.tabulated import NUM_SMALL, SMALL_SPACE, SMALL_UNION, SPACE
from tests.space.shipped import NAMES, random_points


@pytest.mark.parametrize("name", NAMES)
def test_every_part_of_a_shipped_space_is_listed(name: str) -> None:
    space = load_spec(name).space
    listed = list_parts(space)
    used = Counter(part for point in random_points(space, 400) for part in network_parts(space.decode(point)))
    assert used.keys() <= set(listed.parts)
    assert len(set(listed.parts)) == len(listed.parts)
    timed = {part for network in listed.networks() for part in network_parts(network)}
    assert timed <= set(listed.parts)
    assert {part for part in listed.parts if part.kind != "mod"} == {part for part in timed if part.kind != "mod"}


def test_parts_of_a_space_by_hand() -> None:
    listed = list_parts(parse(SearchSpace, SPACE))
    # a frame, and in each of three stages a standard block, MoD blocks of three c, and runs of them
    assert Counter(part.kind for part in listed.parts) == {"frame": 1, "standard": 3, "mod": 9, "run": 3}
    base, *others = [network.describe().partition("[")[2] for network in listed.networks()]
    assert base == "S S S | S S S | S S S]"
    assert len(others) == 15
    assert "S S S | S | S S S]" in others
    # four MoD blocks, spread between the standard ones
    assert sum(description.count("M4") == 4 for description in others) == 3
    # or four in a run
    assert "S M2 M2 M2 M2 S S | S S S | S S S]" in others


def test_parts_of_a_union_are_those_of_its_members() -> None:
    alone = list_parts(parse(SearchSpace, SMALL_SPACE))
    both = list_parts(parse(SpaceUnion, SMALL_UNION))
    assert len(alone.parts) == 4
    assert len(both.parts) == 8
    assert set(alone.parts) < set(both.parts)


def test_each_width_has_parts_of_its_own() -> None:
    assert len(list_parts(parse(SearchSpace, SMALL_SPACE | {"width_factors": [0.5, 1, 2]})).parts) == 12


def test_no_more_than_four_k_are_timed_and_all_are_listed() -> None:
    listed = list_parts(parse(SearchSpace, SPACE | {"widths": [64, 64, 64], "c": [1, 2, 4, 8, 16, 32, 64]}))
    timed = {part for network in listed.networks() for part in network_parts(network) if part.kind == "mod"}
    assert sum(part.kind == "mod" for part in listed.parts) == 21
    assert sorted(part.k or 0 for part in timed if part.stage == 0) == [1, 4, 16, 64]


def test_too_many_distinct_blocks_are_refused() -> None:
    many = SPACE | {"widths": [1024] * 3, "c": list(range(1, 101)), "reduction": list(range(1, 60))}
    with pytest.raises(ValueError, match=r"space must be of at most 5,000 distinct blocks for a latency table"):
        list_parts(parse(SearchSpace, many))


def test_drawn_networks_are_new_and_always_the_same() -> None:
    space = load_spec("cifar10_resnet_small").space
    first = draw_networks(space, 40, 0)
    assert first == draw_networks(space, 40, 0) == draw_networks(space, 60, 0)[:40]
    others = draw_networks(space, 40, 1, taken=first)
    assert len({network.id for network in (*first, *others)}) == 80
    assert all(network in space for network in others)


def test_a_small_space_gives_what_it_has() -> None:
    assert len(draw_networks(parse(SearchSpace, SMALL_SPACE), 40, 0)) == NUM_SMALL
