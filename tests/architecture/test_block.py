import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modsearch.architecture import MoD, Standard
from modsearch.message import parse
from tests.architecture.strategies import cs, mod


@pytest.mark.parametrize(
    ("channels", "c", "k"),
    [
        (2048, 64, 32),  # the last stage of the paper's ResNet50
        (512, 64, 8),
        (16, 64, 1),  # never none
        (64, "3/2", 42),
        (10, 3, 3),
        (64, 1, 64),
        (33, "1.1", 30),  # 33 / 1.1 is 29.999999999999996 in floating point
    ],
)
def test_num_selected(channels: int, c: str | int, k: int) -> None:
    assert mod(c).num_selected(channels) == k


@given(st.integers(1, 4096), cs)
def test_num_selected_is_the_largest_number_of_at_most_channels_over_c(channels: int, c: Fraction) -> None:
    k = MoD(c=c).num_selected(channels)
    assert 1 <= k <= channels
    assert k * c <= channels or k == 1
    assert (k + 1) * c > channels


@pytest.mark.parametrize(
    ("channels", "reduction", "hidden"), [(64, 16, 4), (256, 16, 16), (16, 16, 1), (8, 16, 1), (16, 4, 4), (30, 4, 7)]
)
def test_num_hidden(channels: int, reduction: int, hidden: int) -> None:
    assert mod(4, reduction=reduction).num_hidden(channels) == hidden


def test_scored_selection_has_a_selector_though_it_takes_the_first() -> None:
    assert mod(4, selection="first_scored").num_hidden(64) == 4


@pytest.mark.parametrize("selection", ["random", "first"])
def test_fixed_selection_has_no_selector(selection: str) -> None:
    assert mod(4, selection=selection).num_hidden(64) == 0


def test_symbols() -> None:
    assert Standard().symbol == "S"
    assert mod(64).symbol == "M64"
    assert mod("3/2", selection="random").symbol == "M3/2r"
    assert mod(8, selection="first").symbol == "M8f"
    assert mod(8, selection="first_scored", position="last").symbol == "M8g-last"
    assert mod(8, position="original", rule="replace").symbol == "M8-original-replace"
    fields = {"position": "last", "rule": "replace", "inner_shortcut": False, "inner_relu": False}
    assert mod(8, selection="first", **fields).symbol == "M8f-last-replace-no_shortcut-no_relu"


def test_canonical_form_leaves_defaults_out() -> None:
    assert mod(64).canonical(512) == {"kind": "mod", "k": 8}
    assert mod(64, reduction=4, inner_shortcut=False).canonical(64) == {
        "kind": "mod",
        "k": 1,
        "num_hidden": 16,
        "inner_shortcut": False,
    }


def test_canonical_form_names_each_variant() -> None:
    block = mod(64, selection="first_scored", position="last", rule="replace")
    expected = {"kind": "mod", "k": 8, "selection": "first_scored", "position": "last", "rule": "replace"}
    assert block.canonical(512) == expected


@pytest.mark.parametrize(
    ("fields", "same"),
    [
        ({"c": 1, "selection": "first_scored"}, {"c": 1}),  # all channels are selected, whoever selects them
        ({"c": 1, "selection": "random"}, {"c": 1, "selection": "first"}),
        ({"c": 1, "position": "last"}, {"c": 1}),
        ({"c": 1, "position": "original"}, {"c": 1}),
        ({"c": 4, "selection": "first", "position": "original"}, {"c": 4, "selection": "first"}),
        ({"c": 4, "selection": "first_scored", "position": "original"}, {"c": 4, "selection": "first_scored"}),
    ],
)
def test_variants_that_compute_the_same_have_one_canonical_form(
    fields: dict[str, object], same: dict[str, object]
) -> None:
    assert MoD.model_validate(fields).canonical(64) == MoD.model_validate(same).canonical(64)


@pytest.mark.parametrize(("written", "c"), [(64, 64), (1.5, "3/2"), ("3/2", "3/2"), ("1.1", "11/10"), (1.1, "11/10")])
def test_c_is_read_exactly(written: object, c: str | int) -> None:
    assert parse(MoD, {"c": written}).c == Fraction(c)


@pytest.mark.parametrize(
    "c",
    [0.99, 0, -2, "1/2", "3/0", float("nan"), float("inf"), "many", "", "1e999999999", True, None, [2]],
)
def test_c_must_be_a_number_of_at_least_1(c: object) -> None:
    with pytest.raises(ValueError, match=r"^c must be a number of at least 1, such as 64, 1\.5 or '3/2'\. Got .*\.$"):
        parse(MoD, {"c": c})


def test_c_of_too_many_digits() -> None:
    with pytest.raises(ValueError, match=r"^c must be .* Got a number of too many digits instead\.$"):
        parse(MoD, {"c": 10**5000})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"position": "origin"},
            "position must be one of first, last, original. Got 'origin' instead. Did you mean 'original'?",
        ),
        ({"rule": "replac"}, "rule must be one of add, replace. Got 'replac' instead. Did you mean 'replace'?"),
        (
            {"selection": "learnt"},
            "selection must be one of learned, random, first, first_scored. Got 'learnt' instead. "
            "Did you mean 'learned'?",
        ),
        ({"reduction": 0}, "reduction must be greater than 0. Got 0 instead."),
        ({"reduction": True}, "reduction must be a number. Got True instead."),
        ({"inner_rely": False}, "Did you mean 'inner_relu'?"),
    ],
)
def test_unknown_values_are_refused_by_name(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        parse(MoD, {"c": 4, **fields})
