"""architecture.json: read, or refused in one line that names the field."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modsearch.architecture import Architecture, preset
from modsearch.cli.target import Choice, resolve
from tests.fuzz.damage import cases, check_refusal, damaged, is_writable

pytestmark = pytest.mark.slow

VALID: dict[str, Any] = preset("resnet18_mod").architecture.model_dump(mode="json")
TEXT = json.dumps(VALID)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "architecture.json"


def check(path: Path) -> None:
    try:
        network = resolve(str(path), Choice()).architecture
    except ValueError as error:
        check_refusal(error, path.name)
        return
    assert len(network.id) == 12
    assert Architecture.from_json(network.to_json()) == network
    assert network.describe()
    assert network.placement


@cases(2000)
@given(damaged(VALID))
def test_values(path: Path, data: dict[str, Any]) -> None:
    path.write_bytes(json.dumps(data).encode() if is_writable(data) else b"9" * 5000)
    check(path)


@cases(800)
@given(st.integers(0, len(TEXT)), st.text(max_size=4) | st.sampled_from(["NaN", "1e999"]), st.integers(0, 5))
def test_text(path: Path, at: int, piece: str, num_cut: int) -> None:
    path.write_bytes((TEXT[:at] + piece + TEXT[at + num_cut :]).encode(errors="surrogatepass"))
    check(path)


@cases(200)
@given(st.binary(max_size=40))
def test_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    check(path)
