"""A bundle: that all of its files are the network, and that it appears whole or not at all."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import modsearch
from modsearch.bundle import Source, export_bundle, proxy_source, verify_bundle
from modsearch.bundle import export as exporting
from modsearch.record import Trained
from tests.bundle.made import FILES, NETWORK, digits_spec

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # an export takes long on a busy machine


def test_every_file_is_there_and_is_the_network(made: tuple[Path, Source, Trained]) -> None:
    folder, source, found = made
    assert {path.name for path in folder.iterdir()} == FILES
    verified = json.loads((folder / "verify.json").read_text())
    runs = {(parity["file"], parity["runtime"].partition(" ")[0]) for parity in verified["files"]}
    assert runs == {
        ("model.safetensors", "torch"),
        ("model.pt2", "torch"),
        ("model.onnx", "onnxruntime"),
        ("model.onnx", "openvino"),
    }
    assert all(parity["num_other"] == 0 and parity["difference"] <= 1e-4 for parity in verified["files"])
    accuracy = found.score.metrics["accuracy"]
    assert verified["accuracy"]["value"] == accuracy.value  # what the search recorded
    assert verified["accuracy"]["num_images"] == accuracy.num_samples
    assert (verified["accuracy"]["low"], verified["accuracy"]["high"]) == (accuracy.low, accuracy.high)
    assert verified["num_images"] == len(source.label_N) == 1797  # all digits there are
    assert f"{accuracy.value:.1%}" in (folder / "README.md").read_text()


def test_it_is_loaded_as_the_network_that_was_trained(made: tuple[Path, Source, Trained]) -> None:
    folder, source, _ = made
    model = modsearch.load(folder)
    x_BCHW = torch.randn(3, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(model(x_BCHW), source.model(x_BCHW), rtol=0, atol=0)
    assert not model.training


def test_it_is_whole_by_our_own_verb(made: tuple[Path, Source, Trained]) -> None:
    found = verify_bundle(made[0])
    assert found.faults == []
    assert {parity.num_images for parity in found.stored} == {64}
    assert found.files == ()


def test_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no bundle: it has no manifest"):
        verify_bundle(tmp_path)


def test_a_file_that_is_another_network_leaves_nothing(
    made: tuple[Path, Source, Trained], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, source, _ = made
    genuine = exporting.runners

    def wrong(folder: Path) -> object:
        for runner in genuine(folder):
            upside_down = replace(runner, start=lambda runner=runner: lambda x_BCHW: -runner.start()(x_BCHW))
            yield upside_down if runner.file == "model.onnx" else runner

    monkeypatch.setattr(exporting, "runners", wrong)
    with pytest.raises(RuntimeError, match=r"^Nothing was exported: model\.onnx in onnxruntime"):
        export_bundle(source, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_empty_is_left_alone(made: tuple[Path, Source, Trained], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    for place in (tmp_path / "mine", tmp_path / "mine" / "notes.txt"):
        with pytest.raises(ValueError, match="--to must be a new or an empty folder"):
            export_bundle(made[1], place)
    with pytest.raises(ValueError, match="There is no folder"):
        export_bundle(made[1], tmp_path / "nowhere" / "bundle")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "notes.txt"]


def test_a_smoke_test_has_no_network_to_carry_away(tmp_path: Path) -> None:
    spec = digits_spec()
    narrow = spec.model_copy(update={"fidelity": spec.fidelity.model_copy(update={"width": 0.5})})
    with pytest.raises(ValueError, match=r"fidelity\.width must be 1: the study trained other networks"):
        proxy_source(narrow, NETWORK, tmp_path / "none")
    with pytest.raises(ValueError, match="There are no weights"):
        proxy_source(spec, NETWORK, tmp_path / "none")
