"""Latency tables: read and used, or refused in one line that names the file."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modsearch.record import read_latency_table
from tests.fuzz.damage import cases, check_refusal, damaged, is_writable
from tests.record.tabled import SPEC, table

pytestmark = pytest.mark.slow

VALID: dict[str, Any] = table().model_dump(mode="json")
TEXT = json.dumps(VALID)
NETWORK = SPEC.space.decode({name: parameter.values[0] for name, parameter in SPEC.space.parameters.items()})


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "table.json"


def check(path: Path) -> None:
    try:
        found = read_latency_table(path)
    except ValueError as error:
        check_refusal(error, path.name)
        return
    assert len(found.digest) == 12
    try:
        predicted = found.predict(NETWORK)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017
        return
    assert 0 < predicted.low <= predicted.value <= predicted.high


@cases(800)
@given(damaged(VALID))
def test_values(path: Path, data: dict[str, Any]) -> None:
    path.write_bytes(json.dumps(data).encode() if is_writable(data) else b"9" * 5000)
    check(path)


@cases(400)
@given(st.integers(0, len(TEXT)), st.text(max_size=4) | st.sampled_from(["NaN", "1e999"]), st.integers(0, 5))
def test_text(path: Path, at: int, piece: str, num_cut: int) -> None:
    path.write_bytes((TEXT[:at] + piece + TEXT[at + num_cut :]).encode(errors="surrogatepass"))
    check(path)


@cases(200)
@given(st.binary(max_size=40))
def test_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    check(path)
