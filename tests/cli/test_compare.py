"""``modsearch compare``: its output, what stays of an interrupted one, and its errors."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from modsearch.architecture import Published
from modsearch.cli import run
from modsearch.record import Comparison
from modsearch.space import Deployment, TimingProtocol
from tests.cli.test_command import fails
from tests.output.comparison.test_comparison import FOUND

THREE = ("--only", "resnet50", "--only", "resnet75_mod", "--only", "resnet50_mod_c2")


class Comparisons:
    """Stands for the timing: hands out prepared rows, then fails if told so."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure
        self.asked: list[tuple[list[str], str, float]] = []

    def __call__(
        self, networks: Sequence[Published], place: Deployment, protocol: TimingProtocol
    ) -> Iterator[Comparison]:
        self.asked.append(([network.name for network in networks], place.describe(), protocol.seconds))
        return self._rows(len(networks))

    def _rows(self, number: int) -> Iterator[Comparison]:
        yield from FOUND[: number - bool(self.failure)]
        if self.failure:
            raise self.failure


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> Comparisons:
    fake = Comparisons()
    monkeypatch.setattr("modsearch.scoring.compare", fake)
    return fake


def test_the_table_and_the_picture(
    comparisons: Comparisons, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "comparison.svg"
    options = ("--batch-size", "16", "--threads", "2", "--runtime", "compile", "--seconds", "3", "--plot", str(path))
    assert run(["compare", *THREE, *options]) == 0
    place = "compile on cpu, 2 threads, batch size 16, float32"
    assert comparisons.asked == [(["resnet50", "resnet75_mod", "resnet50_mod_c2"], place, 3)]
    text = capsys.readouterr().out
    assert "3.480 (-1.3 %)" in text
    assert "resnet50_mod_c2" in text
    assert "resnet75_mod / resnet50" in path.read_text()


def test_json_is_all_that_is_printed(comparisons: Comparisons, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", *THREE, "--json"]) == 0
    captured = capsys.readouterr()
    assert [network["name"] for network in json.loads(captured.out)] == ["resnet50", "resnet75_mod", "resnet50_mod_c2"]
    assert captured.err == ""


def test_all_are_compared_if_none_is_named(comparisons: Comparisons) -> None:
    comparisons.failure = KeyboardInterrupt()
    run(["compare"])
    [(names, *settings)] = comparisons.asked
    assert len(names) > 40
    assert settings == ["eager on cpu, 1 thread, batch size 1, float32", 60]


def test_an_interrupt_leaves_what_is_done(
    comparisons: Comparisons, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    comparisons.failure = KeyboardInterrupt()
    path = tmp_path / "comparison.svg"
    assert run(["compare", *THREE, "--json", "--plot", str(path)]) == 130
    captured = capsys.readouterr()
    assert [network["name"] for network in json.loads(captured.out)] == ["resnet50", "resnet75_mod"]
    assert captured.err == "modsearch: Interrupted.\n"
    assert "resnet75_mod / resnet50" in path.read_text()


def test_a_failure_leaves_what_is_done(comparisons: Comparisons, capsys: pytest.CaptureFixture[str]) -> None:
    comparisons.failure = RuntimeError("no memory\nat all")
    assert run(["compare", *THREE]) == 1
    captured = capsys.readouterr()
    assert "resnet75_mod" in captured.out
    assert captured.err == "modsearch: resnet50_mod_c2 failed with RuntimeError: no memory at all\n"


def test_bad_input_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert "--batch-size" in fails(capsys, "compare", "--batch-size", "0")
    told = fails(capsys, "compare", "--runtime", "onnx")
    assert told.strip().endswith(
        "runtime must be one of eager, compile, cuda_graph, onnxruntime, openvino. "
        "Got 'onnx' instead. Did you mean 'onnxruntime'?"
    )
    assert "Did you mean 'resnet50_mod'?" in fails(capsys, "compare", "--only", "resnet50_mood")
    assert "Did you mean" in fails(capsys, "compare", "--only", "resnet20_cifar")  # not in the paper
    assert "has 0 CUDA devices" in fails(capsys, "compare", "--device", "cuda")
    assert "cpu, cuda or cuda:N" in fails(capsys, "compare", "--device", "tpu")
    assert "There is no folder" in fails(capsys, "compare", "--plot", str(tmp_path / "no" / "x.png"))
