from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture import Architecture
from modsearch.message import must_be, nearest, one_of, parse
from modsearch.space import StudySpec
from tests.space.shipped import shipped_data


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["leaf"] = "leaf"
    size: int


class Fork(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["fork", "twig"] = "fork"
    leaf: Leaf | None = None
    rows: tuple[tuple[Annotated["Leaf | Fork", Field(discriminator="kind")], ...], ...] = ()
    named: dict[str, Leaf] = {}


LEAF = {"kind": "leaf", "size": 1}


def _said(data: object, path: str = "", model: type[BaseModel] = Fork) -> str:
    with pytest.raises(ValueError, match=r"\S") as caught:
        parse(model, data, path)
    return str(caught.value)


def test_sentence() -> None:
    assert must_be("a.b[0]", "at least 1", 0) == "a.b[0] must be at least 1. Got 0 instead."
    sentence = "stem must be one of imagenet, cifar. Got 'cifr' instead. Did you mean 'cifar'?"
    choices = ("imagenet", "cifar")
    assert must_be("stem", one_of(choices), "cifr", choices) == sentence
    assert must_be("", "text", 3) == "must be text. Got 3 instead."  # the path comes in front of it later


def test_nearest() -> None:
    assert nearest("resnet75_mdo", ["resnet50_mod", "resnet75_mod"]) == " Did you mean 'resnet75_mod'?"
    assert nearest("vgg", ["resnet50"]) == ""
    assert nearest("x", []) == ""


def test_long_values_are_cut() -> None:
    assert len(must_be("name", "text", "x" * 10**6)) < 120
    assert must_be("n", "smaller", 10**5000) == "n must be smaller. Got a number of too many digits instead."


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            {"rows": [[LEAF, {"kind": "fork", "rows": [[{"kind": "leaf"}]]}]]},
            "rows[0][1].rows[0][0].size must be given.",
        ),
        ({"rows": [[LEAF], [{**LEAF, "foo": 1}]]}, "rows[1][0] has no field 'foo', only kind, size."),
        (
            {"rows": [[{"kind": "twig", "leef": 1}]]},
            "rows[0][0] has no field 'leef', only kind, leaf, rows, named. Did you mean 'leaf'?",
        ),
        (
            {"rows": [[{"kind": "leef"}]]},
            "rows[0][0].kind must be one of fork, leaf, twig. Got 'leef' instead. Did you mean 'leaf'?",
        ),
        ({"rows": [[{}]]}, "rows[0][0].kind must be given: one of fork, leaf, twig."),
        ({"rows": [["leaf"]]}, "rows[0][0] must be a mapping. Got 'leaf' instead."),
        ({"leaf": {"size": 1, "colour": 2}}, "leaf has no field 'colour', only kind, size."),
        ({"leaf": {"sise": 1}}, "leaf has no field 'sise', only kind, size. Did you mean 'size'?"),
        ({"leaf": {"kind": "loaf", "size": 1}}, "leaf.kind must be 'leaf'. Got 'loaf' instead. Did you mean 'leaf'?"),
        ({"kind": "spoon"}, "kind must be one of fork, twig. Got 'spoon' instead."),
        ({"leaf": {"size": 1.5}}, "leaf.size must be a whole number. Got 1.5 instead."),
        ({"leaf": {"size": "big"}}, "leaf.size must be a whole number. Got 'big' instead."),
        ({"leaf": {"size": "1" * 4400}}, "leaf.size must be a smaller number. Got '" + "1" * 76 + "... instead."),
        ({"named": {"fork": {"size": "x"}}}, "named.fork.size must be a whole number. Got 'x' instead."),
        ({"named": {"leaf": {"size": 1, "foo": 1}}}, "named.leaf has no field 'foo', only kind, size."),
        ({"named": {"a b\n": {}}}, "named['a b\\n'].size must be given."),
        ({"named": {1: LEAF}}, "named[1] must be text. Got 1 instead."),
        ({"named": []}, "named must be a mapping. Got [] instead."),
        ({"rows": {}}, "rows must be a list. Got {} instead."),
        ({"a\nb": 1}, "the top level has no field 'a\\nb', only kind, leaf, rows, named."),
        (None, "the top level must be a mapping. Got None instead."),
    ],
)
def test_path_rule_and_value(data: object, sentence: str) -> None:
    assert _said(data) == sentence


def test_root_path_stands_in_front() -> None:
    assert _said({"leaf": {}}, "study x") == "study x.leaf.size must be given."
    assert _said({"foo": 1}, "study x") == "study x has no field 'foo', only kind, leaf, rows, named."
    assert _said(3, "study x") == "study x must be a mapping. Got 3 instead."


def test_tag_of_a_block_does_not_leak_into_the_path() -> None:
    stages: list[list[dict[str, object]]] = [[{"kind": "standard"}, {"kind": "mod", "c": 4, "foo": 1}]]
    data = {"backbone": "resnet_basic", "stem": "cifar", "widths": [16], "stages": stages}
    assert _said(data, model=Architecture).startswith("stages[0][1] has no field 'foo', only kind, c, reduction")
    del stages[0][1]["foo"]
    stages[0][1]["c"] = "x"
    assert _said(data, model=Architecture).startswith("stages[0][1].c must be a number of at least 1")


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("mod"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.integers(), inner, max_size=4),
    max_leaves=12,
)
Where = tuple[str | int, ...]


def _places(data: object, here: Where = ()) -> list[Where]:
    """The paths of all values below ``data``."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place for key, value in inner for place in ((*here, key), *_places(value, (*here, key)))]


def _replace(data: Any, place: Where, value: object) -> None:
    for part in place[:-1]:
        data = data[part]
    data[place[-1]] = value


def _architecture() -> dict[str, Any]:
    stage = [{"kind": "standard"}, {"kind": "mod", "c": "3/2", "reduction": 4, "selection": "random", "rule": "add"}]
    return {"backbone": "resnet_basic", "stem": "cifar", "widths": [8, 8, 8], "stages": [list(stage) for _ in range(3)]}


def _refusal(model: type[BaseModel], data: object) -> ValueError | None:
    try:
        parse(model, data)
    except ValueError as error:
        return error
    return None


def _assert_one_line_or_success(model: type[BaseModel], data: object) -> None:
    error = _refusal(model, data)
    text = str(error)
    assert type(error) is ValueError or error is None
    assert text.splitlines() == [text.strip()]
    assert "pydantic" not in text
    assert error is None or "must be" in text or "has no field" in text


@given(json_like)
@example({1: 2})
@example({"kind": []})
@pytest.mark.parametrize("model", [StudySpec, Architecture])
def test_anything_is_read_or_refused_in_one_line(model: type[BaseModel], data: object) -> None:
    _assert_one_line_or_success(model, data)


@given(st.data(), json_like)
@pytest.mark.parametrize(("model", "valid"), [(StudySpec, shipped_data), (Architecture, _architecture)])
def test_anything_anywhere_is_read_or_refused_in_one_line(
    model: type[BaseModel], valid: Callable[[], dict[str, Any]], data: st.DataObject, value: object
) -> None:
    changed = valid()
    _replace(changed, data.draw(st.sampled_from(_places(changed))), value)
    _assert_one_line_or_success(model, changed)


@given(st.text(min_size=1, max_size=8), json_like)
def test_any_unknown_field_is_refused_in_one_line(name: str, value: object) -> None:
    changed = shipped_data()
    changed["space"]["depths"][1][name] = value
    _assert_one_line_or_success(StudySpec, changed)
