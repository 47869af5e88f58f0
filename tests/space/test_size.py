"""The number of networks of a space, against a list of all of them."""

from typing import Any

import pytest

from modsearch.message import parse
from modsearch.space import SearchSpace, load_spec, num_networks
from tests.conformance.tabulated import NUM_SMALL, SMALL_SPACE


def _space(**changes: Any) -> SearchSpace:
    data = {
        "backbone": "resnet_basic",
        "stem": "cifar",
        "widths": [16, 32, 64],
        "depths": [
            {"standard": [1, 2], "mod": [0, 1]},
            {"standard": [1], "mod": [0]},
            {"standard": [1, 3], "mod": [0, 1]},
        ],
        "placements": ["none", "alternating", "free"],
        "c": [2, 4],
        **changes,
    }
    return parse(SearchSpace, data)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"placements": ["free"]},
        {"placements": ["none"]},
        {"placements": ["none", "alternating", "per_stage"]},
        {"placements": ["every_third", "per_stage"]},
        {"c": [2, 4, 100, 200]},  # the last two select one channel each
        {"selections": ["learned", "random"], "placements": ["none", "alternating"]},
        {"c_per": "stage", "placements": ["none", "alternating"]},
        {"placements": ["free"], "depths": [{"standard": [1], "mod": [1]}] * 3},  # no plain network
        {"width_factors": [1, 0.5], "c": [4, 16]},  # 16 and 8 channels: k of 4 and 1, 2 and 1
        {"selections": ["learned", "first", "first_scored"], "positions": ["first", "original"], "c": [1, 4]},
        {"c_per": "stage", "rules": ["add", "replace"], "reduction": [4, 16], "placements": ["free"]},
        {"c_per": "stage", "selections": ["random", "first"], "c": [1, 2, 100], "placements": ["free"]},
    ],
)
def test_as_many_as_a_list_of_all(changes: dict[str, Any]) -> None:
    space = _space(**changes)
    assert num_networks(space) == len({space.decode(point).id for point in space.points()})


def test_by_hand() -> None:
    assert num_networks(parse(SearchSpace, SMALL_SPACE)) == NUM_SMALL
    # 3 depths a stage without MoD blocks
    none = _space(depths=[{"standard": [1, 2, 3], "mod": [0]}] * 3, placements=["none"])
    assert num_networks(none) == 27


def test_large_spaces_are_counted_too() -> None:
    space = load_spec("digits_quickstart").space
    assert space.num_points == 295_245
    assert num_networks(space) == 12_234  # as many as different ids of all points, listed once
