"""YAML files: read, or refused in one line that names the file."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modsearch.message import parse
from modsearch.space import StudySpec, load_spec
from tests.fuzz.damage import cases, check_refusal, damaged
from tests.space.shipped import shipped_data

pytestmark = pytest.mark.slow

VALID = shipped_data()
VARIANTS = {
    "width_factors": [0.5, 1],
    "selections": ["learned", "first_scored"],
    "positions": ["first", "last"],
    "rules": ["add", "replace"],
    "inner_shortcuts": [True, False],
    "inner_relus": [True, False],
    "reduction": [4, 16],
}
EVERY_VARIANT = VALID | {
    "space": VALID["space"] | VARIANTS,
    "fidelity": VALID["fidelity"] | {"optimizer": "adamw"},
}
UNION = shipped_data("cifar10_across_backbones")
DAMAGED = damaged(VALID) | damaged(EVERY_VARIANT) | damaged(UNION)
TEXT = yaml.safe_dump(VALID)
PIECES = st.sampled_from(
    [
        "&a",
        "*a",
        "<<: *a",
        "!!binary ",
        "!!bool x",
        "!!int ''",
        "!!timestamp x",
        "!!float x",
        "!!set ",
        "!!omap ",
        "!!null x",
        "!!python/object:os.system x",
        "no",
        "2024-01-01",
        "2024-99-99",
        "0x",
        "1:60:60",
        "\t",
        "? ",
        "- ",
        ": ",
        "{",
        "[",
        "]",
        "%YAML 9.9\n",
        "---\n",
        "...\n",
        '"',
        "'",
        "|",
        "\ufeff",
        "\x00",
        "\x85",
        "name: x\n",
    ]
)


def refusal(path: Path) -> str:
    """What is said about the file; empty where it is read."""
    try:
        load_spec(str(path))
    except ValueError as error:
        check_refusal(error, path.name)
        return str(error)
    return ""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "space.yaml"


@cases(2000)
@given(DAMAGED)
def test_values(data: dict[str, Any]) -> None:
    try:
        parse(StudySpec, data)
    except ValueError as error:
        check_refusal(error, "")


@cases(400)
@given(DAMAGED)
def test_values_in_a_file(path: Path, data: dict[str, Any]) -> None:
    try:
        path.write_text(yaml.safe_dump(data, default_flow_style=True))
    except ValueError:  # lone surrogates and numbers of thousands of digits, which no file can hold
        path.write_text("name: " + "9" * 5000)
    refusal(path)


@cases(400)
@given(st.lists(st.tuples(st.integers(0, len(TEXT)), PIECES, st.integers(0, 6)), min_size=1, max_size=3))
def test_text(path: Path, edits: list[tuple[int, str, int]]) -> None:
    text = TEXT
    for at, piece, num_cut in edits:
        text = text[:at] + piece + text[at + num_cut :]
    path.write_bytes(text.encode())
    refusal(path)


@cases(300)
@given(
    st.binary(max_size=60)
    | st.sampled_from(["utf-8-sig", "utf-16", "utf-32", "utf-16-be"]).map(TEXT.encode)
    | st.integers(0, len(TEXT)).map(lambda end: TEXT[:end].encode())
)
def test_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    refusal(path)


def test_bombs_are_refused(path: Path) -> None:
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 9)}]" for n in range(12)]
    path.write_text("\n".join(lines))
    assert "more than 100,000 values" in refusal(path)
    path.write_text("name: &a [*a]")
    assert "an alias refers to what it stands in" in refusal(path)
    path.write_text("#" * 1_000_001)
    assert "more than 1,000,000 bytes" in refusal(path)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "x" * 101, "x.", "a b", "", "-x", "~", "C:\\x", "é", "a\n"])
def test_names_stay_in_their_folder(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        StudySpec.model_validate(VALID | {"name": name})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": 2**31}, "seed must be less than"),
        ({"space": VALID["space"] | {"c": [10**400]}}, r"space.c\[0\] must be a number of at most 1,000,000"),
        ({"space": VALID["space"] | {"widths": [16, 32, 10**6]}}, r"space.widths\[2\] must be less"),
        ({"space": VALID["space"] | {"widths": [8000] * 3}}, "space.widths must be narrower"),
        ({"fidelity": VALID["fidelity"] | {"width": 1e300}}, "fidelity.width must be less"),
        ({"fidelity": VALID["fidelity"] | {"threads": 10**6}}, "fidelity.threads must be less"),
        ({"controls": ["deleted"] * 3000}, "controls must be of length 4 or less"),
    ],
)
def test_numbers_that_would_fill_the_memory(path: Path, changes: dict[str, Any], said: str) -> None:
    path.write_text(yaml.safe_dump(VALID | changes))
    assert re.search(said, refusal(path))


@pytest.mark.parametrize("text", ["[" * 3000, "{a: " * 2000, "- " * 3000])
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    """Not left to hypothesis, whose own bookkeeping fails where the stack is used up."""
    (tmp_path / "deep.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"deep\.yaml"):
        load_spec(str(tmp_path / "deep.yaml"))
