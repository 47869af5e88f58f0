import datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modsearch.space.document import read_yaml, write_flow, write_yaml


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("1:30", "90 or 1.5"),
        ("0:45", "45 or 0.75"),
        ("-1:30:00", "-5400 or -1.5"),
        ("1:30.5", "90.5 or 1.508333333"),
        ("010", "10 or 8"),
        ("-017", "-17 or -15"),
        ("02", "2"),
        ("08", "8"),
        ("0_1_0", "10 or 8"),
    ],
)
@pytest.mark.parametrize("tag", ["", "!!int "])
def test_a_number_that_is_read_in_several_ways_is_refused(text: str, choices: str, tag: str) -> None:
    rule = (
        rf"^is not valid YAML at line 2, column 5: '{text}' can be read in several ways: write {choices}, or put it in "
    )
    with pytest.raises(ValueError, match=rule):
        read_yaml(f"b: [1,\n    {tag}{text}]")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-3", -3),
        ("1_000", 1000),
        ("0x10", 16),
        ("0.5", 0.5),
        ("010.5", 10.5),
        ("1.0e-3", 0.001),
        ("true", True),
        ("False", False),
        ("~", None),
        ("'010'", "010"),
        ("!!str 1:30", "1:30"),
        ("no", "no"),
        ("On", "On"),
        ("truest", "truest"),
        ("1:30 h", "1:30 h"),
        ("2026-01-01", "2026-01-01"),
        ("=", "="),
        ("!!timestamp 2026-01-01", datetime.date(2026, 1, 1)),
    ],
)
def test_a_value_means_what_is_seen(text: str, value: object) -> None:
    found = read_yaml(text)
    assert (type(found), found) == (type(value), value)


def test_words_of_yaml_1_1_are_keys_of_text() -> None:
    assert read_yaml("{on: 1, no: 2, 2026-01-01: 3}") == {"on": 1, "no": 2, "2026-01-01": 3}


_TEXTS = st.text("0123456789:_.+-", min_size=1) | st.sampled_from(["yes", "no", "on", "~", "null", "true", "=", "<<"])


@given(_TEXTS)
def test_every_reader_reads_text_back_as_text(text: str) -> None:
    written = write_yaml({"name": text, text: 1})
    assert read_yaml(written) == yaml.safe_load(written) == {"name": text, text: 1}


@given(st.text())
def test_text_on_one_line_reads_back(text: str) -> None:
    written = write_flow({"name": text, text: [text, 1, 0.5, True]})
    assert len(written.splitlines()) == 1
    assert read_yaml(f"key: {written}  # comment") == {"key": {"name": text, text: [text, 1, 0.5, True]}}
