"""Strategies that damage what is valid: one change at any depth, or the text itself; and what must come of it."""

import copy
import json
import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import hypothesis
from hypothesis import HealthCheck
from hypothesis import strategies as st

from modsearch.search.store.version import NewerVersion

Where = tuple[str | int, ...]


def cases(num: int) -> hypothesis.settings:
    """The same cases every time."""
    return hypothesis.settings(
        max_examples=num,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


NUMBERS = st.sampled_from(
    [0, -1, 0.5, 1e-300, 1e300, 10**9, 10**400, 10**6, -(10**9), 2**31, 2**63, math.nan, math.inf, -math.inf, 1.5, 7]
)
TEXTS = st.sampled_from(
    [
        "",
        " ",
        "..",
        "../../x",
        "a/b",
        "x" * 10_000,
        "a\nb",
        "a\x00b",
        "é" * 300,
        "[/b]",
        "[red",
        "1e999999999",
        "٣",
        "no",
        "\ud800",
        "NaN",
        "1/0",
        "9" * 5000,
        "a.",
        ".",
        "~",
        "{}",
        "%s",
        "\u2028",
        "-1",
        "true",
        "none",
        "relative_latency@x",
    ]
) | st.text(max_size=12)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | st.integers() | st.floats()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
) | st.sampled_from(
    [[1] * 2000, ["free"] * 3000, list(range(1, 1500)), [[]] * 50, {str(number): number for number in range(500)}]
)


def places(data: object, here: Where = ()) -> list[Where]:
    """The paths of all values below ``data``."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place for key, value in inner for place in ((*here, key), *places(value, (*here, key)))]


@st.composite
def damaged(draw: st.DrawFn, valid: dict[str, Any]) -> dict[str, Any]:
    """A copy in which one to three values are dropped, doubled, renamed or replaced."""
    data: Any = copy.deepcopy(valid)
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        found = places(data)
        if found:
            _change(draw, data, draw(st.sampled_from(found)))
    return dict(data)


def _change(draw: st.DrawFn, data: Any, place: Where) -> None:
    for part in place[:-1]:
        data = data[part]
    last = place[-1]
    kind = draw(st.sampled_from(["replace"] * 4 + ["drop", "double", "wrap"]))
    if kind == "drop":
        del data[last]
    elif kind == "double" and isinstance(data, dict):
        data[draw(st.text(max_size=8) | st.just(str(last)[::-1]))] = copy.deepcopy(data[last])
    elif kind == "double":
        data.insert(int(last), copy.deepcopy(data[last]))
    elif kind == "wrap":
        data[last] = draw(st.sampled_from([[data[last]], {"kind": data[last]}, str(data[last])]))
    else:
        data[last] = copy.deepcopy(draw(VALUES))  # drawn lists are shared, and a second change may strike them


MAX_CPU_S = 20.0


class Hang(Exception):  # noqa: N818
    """A case took so long that nobody would wait for it."""


@contextmanager
def no_hang() -> Iterator[None]:
    """Raise Hang after 20 s of this process's own time, however busy the machine is. pytest's timeout ends a sleep."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, MAX_CPU_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def check_refusal(error: ValueError, file_name: str) -> None:
    """One line for a user, of reasonable length, that names the file and says more than a type."""
    text = str(error)
    assert type(error) in (ValueError, NewerVersion)
    assert file_name in text
    assert len(text.splitlines()) == 1, text
    assert len(text) < 600, text
    assert "Traceback" not in text
    assert "pydantic" not in text
    assert len(text.split()) >= 4, text


def is_writable(data: object) -> bool:
    """Whether the data can stand in a JSON file."""
    try:
        json.dumps(data)
    except ValueError:
        return False
    return True
