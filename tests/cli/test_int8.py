"""A search that goes by the latency of 8-bit integers, from its plan to its front and beyond."""

import json
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.record import read_latency_table
from tests.cli.test_command import TINY, fails, write
from tests.scoring.conftest import shorten

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # each network is written and quantised

PLACE = {"image_size": 8, "num_classes": 10, "batch_size": 2, "runtime": "onnxruntime", "dtype": "int8"}
_FIRST, _REST = {"standard": [1], "mod": [0, 1]}, {"standard": [1], "mod": [0]}
SMALL = {**TINY["space"], "depths": [_FIRST, _REST, _REST], "c": [2]}  # type: ignore[dict-item]
"""Few networks."""
LINE = "Latency at box is that of INT8, accuracy that of float32."


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    shorten(monkeypatch)
    monkeypatch.chdir(tmp_path)
    timing = {"processes": 1, "seconds": 0}
    return write(tmp_path / "space.yaml", space=SMALL, deployments={"box": PLACE}, timing=timing)


def test_it_is_planned_searched_shown_and_timed_again(
    space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", space, "--device", "cpu"]) == 0
    capsys.readouterr()
    assert run(["search", space, "--device", "cpu", "--out", "run"]) == 0
    assert LINE in capsys.readouterr().out
    assert run(["front", "run"]) == 0
    assert LINE in capsys.readouterr().out
    assert run(["front", "run", "--json"]) == 0
    front = json.loads(capsys.readouterr().out)
    assert LINE in front["notes"]
    assert all(network["scores"]["relative_latency"]["value"] > 0 for network in front["networks"])
    assert run(["retime", "run", "--runtime", "openvino"]) == 0
    capsys.readouterr()
    assert run(["front", "run", "--deployment", "cpu-b2-openvino-int8"]) == 0
    assert "int8" in " ".join(capsys.readouterr().out.split()).lower()


def test_a_latency_table_of_it(space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["latency-table", space, "--out", "t.json", "--seconds", "0"]) == 0
    capsys.readouterr()
    table = read_latency_table(tmp_path / "t.json")
    assert table.deployment.dtype == "int8"
    assert all(network.relative_latency > 0 for network in table.networks)


def test_what_cannot_run_it_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    space = write(tmp_path / "space.yaml", deployments={"box": PLACE | {"runtime": "eager"}})
    told = fails(capsys, "plan", space)
    assert "deployments.box.runtime must be onnxruntime or openvino where dtype is int8. Got 'eager' instead." in told
    space = write(tmp_path / "space.yaml", deployments={"box": PLACE | {"dtype": "float16"}})
    told = fails(capsys, "plan", space)
    assert "deployments.box.dtype must be float32 or int8 where runtime is onnxruntime. Got 'float16' instead." in told
    space = write(tmp_path / "space.yaml", deployments={"box": PLACE | {"dtype": "int4"}})
    assert "deployments.box.dtype must be one of float32, bfloat16, float16, int8." in fails(capsys, "plan", space)
