from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modsearch.architecture import ORDERS, Mask, Order, PlacementName, arrange, name_placement, rule_mask, stage_allows

counts = st.integers(1, 12)


def _mask(drawn: str) -> Mask:
    return tuple(letter == "M" for letter in drawn)


@pytest.mark.parametrize(
    ("placement", "positions"),
    [
        ("none", []),
        ("alternating", [1, 3, 5, 7]),
        ("every_third", [2, 5, 8]),
        ("every_block", [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_rule_masks(placement: PlacementName, positions: list[int]) -> None:
    assert [index for index, is_mod in enumerate(rule_mask(placement, 9)) if is_mod] == positions


@pytest.mark.parametrize(
    ("stages", "placement"),
    [
        (["SS", "SSS"], "none"),
        (["SMS", "SM", "S"], "alternating"),
        (["SSM", "SSMSS"], "every_third"),
        (["SMM", "SMMM"], "every_block"),
        (["SMSM", "SSSS"], "per_stage"),
        (["SMSM", "SSM"], "free"),
        (["SMSM", "SMM"], "free"),
    ],
)
def test_name_placement_gives_the_simplest(stages: list[str], placement: PlacementName) -> None:
    assert name_placement([_mask(stage) for stage in stages]) == placement


def test_per_stage_lets_each_stage_be_alternating_or_none() -> None:
    allowed = {mask for mask in product([False, True], repeat=4) if stage_allows("per_stage", mask)}
    assert allowed == {_mask("SMSM"), _mask("SSSS")}


def test_free_asks_only_for_a_standard_first_block() -> None:
    allowed = {mask for mask in product([False, True], repeat=3) if stage_allows("free", mask)}
    assert allowed == {_mask("SSS"), _mask("SSM"), _mask("SMS"), _mask("SMM")}


@given(counts, st.integers(0, 12), st.sampled_from(ORDERS))
def test_arrange_keeps_counts_and_starts_standard(num_standard: int, num_mod: int, order: Order) -> None:
    mask = arrange(num_standard, num_mod, order)
    assert mask.count(False) == num_standard
    assert mask.count(True) == num_mod
    assert not mask[0]


@given(counts)
def test_spread_gives_the_alternation(count: int) -> None:
    assert arrange(count, count, "spread") == rule_mask("alternating", 2 * count)
    assert arrange(count + 1, count, "spread") == rule_mask("alternating", 2 * count + 1)


@pytest.mark.parametrize(
    ("num_standard", "num_mod", "order", "expected"),
    [
        (3, 2, "early", "SMMSS"),
        (3, 2, "late", "SSSMM"),
        (1, 3, "early", "SMMM"),
        (4, 1, "spread", "SSMSS"),
        (2, 3, "spread", "SMMSM"),
        (5, 1, "spread", "SSSMSS"),
        (3, 0, "spread", "SSS"),
    ],
)
def test_arrange(num_standard: int, num_mod: int, order: Order, expected: str) -> None:
    assert arrange(num_standard, num_mod, order) == _mask(expected)
