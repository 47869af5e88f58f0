"""A bundle: that all of its files are the network, that others can use it, and that no bit of it changes unseen."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image, ImageOps

import modsearch
from modsearch.bundle import Damaged, Source, export_bundle, proxy_source, verify_bundle
from modsearch.bundle import export as exporting
from modsearch.record import Trained
from tests.bundle.made import NETWORK, digits_source, digits_spec, photographs, trained

pytestmark = pytest.mark.slow

FILES = {
    *("architecture.json", "model.safetensors", "model.pt2", "model.onnx", "config.json", "README.md"),
    *("manifest.json", "verify.json", "latency.json", "check.py", "check.npz"),
}
ALONE = """
import sys
sys.modules["torch"] = sys.modules["modsearch"] = None
import runpy
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a program where neither torch nor modsearch can be imported."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Source, Trained]:
    folder = tmp_path_factory.mktemp("made")
    source, found = digits_source(folder)
    export_bundle(source, folder / "bundle")
    return folder / "bundle", source, found


@pytest.fixture
def bundle(made: tuple[Path, Source, Trained], tmp_path: Path) -> Path:
    """A copy, to be harmed."""
    return Path(shutil.copytree(made[0], tmp_path / "bundle"))


def check(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", "-c", ALONE, str(folder / "check.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


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


def test_others_check_it_without_torch_and_without_modsearch(made: tuple[Path, Source, Trained]) -> None:
    done = check(made[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert "64 stored images: same classes" in done.stdout
    assert "all files are as they were written" in done.stdout


def test_it_is_whole_by_our_own_verb(made: tuple[Path, Source, Trained]) -> None:
    found = verify_bundle(made[0])
    assert found.faults == []
    assert {parity.num_images for parity in found.stored} == {64}
    assert found.files == ()


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_bit_that_was_flipped_is_found_and_its_file_named(name: str, bundle: Path) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1 << (len(name) % 7)
    (bundle / name).write_bytes(content)
    with pytest.raises(Damaged, match=rf"^{name} was changed since it was written"):
        verify_bundle(bundle)
    with pytest.raises(Damaged, match=name):
        modsearch.load(bundle)
    if name != "check.py":  # a program that was changed may say anything
        done = check(bundle)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"check.py: {name} is missing or was changed\n"


def test_a_file_more_or_less_is_named(bundle: Path) -> None:
    (bundle / "model.pkl").write_bytes(b"")
    with pytest.raises(Damaged, match=r"model\.pkl is no part of what was exported"):
        verify_bundle(bundle)
    (bundle / "model.pkl").unlink()
    (bundle / "model.pt2").unlink()
    with pytest.raises(Damaged, match=r"model\.pt2 is missing"):
        verify_bundle(bundle)


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


def test_config_alone_says_how_an_image_is_prepared(tmp_path: Path) -> None:
    spec = photographs(tmp_path / "photographs")
    found, weights = trained(spec, tmp_path)
    source = proxy_source(spec, NETWORK, weights)
    export_bundle(source, tmp_path / "bundle")
    accuracy = json.loads((tmp_path / "bundle" / "verify.json").read_text())["accuracy"]
    assert accuracy["value"] == found.score.metrics["accuracy"].value
    config = json.loads((tmp_path / "bundle" / "config.json").read_text())
    session = onnxruntime.InferenceSession(tmp_path / "bundle" / "model.onnx")
    stored = source.pixels_NHWC[: source.num_unseen].numpy()
    right = seen = 0
    for label, name in enumerate(config["class_names"]):
        for path in sorted((tmp_path / "photographs" / name).iterdir()):
            pixels = prepared(path, config)
            if (stored == pixels).all((1, 2, 3)).any():  # it belongs to the validation part
                mean, std = np.float32(config["mean"]), np.float32(config["std"])
                x_1CHW = ((pixels.astype(np.float32) / 255 - mean) / std).transpose(2, 0, 1)[None]
                [logits] = session.run(None, {"images": np.ascontiguousarray(x_1CHW)})
                right, seen = right + int(logits.argmax() == label), seen + 1
    assert seen == accuracy["num_images"]
    assert right / seen == accuracy["value"]
    done = check(tmp_path / "bundle", str(next((tmp_path / "photographs" / "dark").iterdir())))
    assert done.returncode == 0
    assert "dark" in done.stdout
    assert "light" in done.stdout
    done = check(tmp_path / "bundle", str(tmp_path / "none.jpg"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    verified = verify_bundle(tmp_path / "bundle", tmp_path / "photographs")
    assert verified.faults == []
    assert {parity.num_images for parity in verified.files} == {60}
    shutil.move(tmp_path / "photographs" / "dark", tmp_path / "photographs" / "dim")
    with pytest.raises(ValueError, match=r"--data must be a folder of the 2 classes of the bundle\. Got 'dim, light'"):
        verify_bundle(tmp_path / "bundle", tmp_path / "photographs")


def prepared(path: Path, config: dict[str, object]) -> np.ndarray:
    """By the words of the model card."""
    size, crop = int(str(config["resize"])), int(str(config["image_size"]))
    image = Image.open(path)
    image.draft(None, (2 * size, 2 * size))
    upright = ImageOps.exif_transpose(image).convert("RGB")
    side = min(upright.size)
    left, top = (upright.width - side) // 2, (upright.height - side) // 2
    box = (left, top, left + side, top + side)
    square = upright.resize((size, size), Image.Resampling.BILINEAR, box=box)
    start = (size - crop) // 2
    return np.asarray(square)[start : start + crop, start : start + crop]


def test_a_smoke_test_has_no_network_to_carry_away(tmp_path: Path) -> None:
    spec = digits_spec()
    narrow = spec.model_copy(update={"fidelity": spec.fidelity.model_copy(update={"width": 0.5})})
    with pytest.raises(ValueError, match=r"fidelity\.width must be 1: the study trained other networks"):
        proxy_source(narrow, NETWORK, tmp_path / "none")
    with pytest.raises(ValueError, match="There are no weights"):
        proxy_source(spec, NETWORK, tmp_path / "none")
