"""Trainings on photographs, by the command line: held-out images, streams, and exports of what was trained."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from modsearch.cli import run
from modsearch.images.batch import Batches
from tests.bundle.made import photographs
from tests.cli.test_train import interrupted, one_line
from tests.models.tiny import tiny

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RECIPE = {
    "epochs": 2,
    "batch_size": 12,
    "learning_rate": 0.05,
    "schedule": {"kind": "one_cycle"},
    "image_size": 16,
    "validation": 0.2,
    "threads": 1,
}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two classes of 30 images for training, and of 10 that are held out."""
    photographs(tmp_path / "images" / "train", 30)
    photographs(tmp_path / "images" / "test", 10)
    return tmp_path / "images"


def arguments(images: Path, out: str = "out", **changes: object) -> list[str]:
    folder = images.parent
    (folder / "tiny.json").write_text(tiny("resnet_basic", "mod-learned").to_json())
    recipe = folder / f"{out}.yaml"
    recipe.write_text(yaml.safe_dump(RECIPE | changes))
    where = ["--data", str(images), "--recipe", str(recipe), "--out", str(folder / out), "--device", "cpu"]
    return ["train", str(folder / "tiny.json"), *where]


def result(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return found


def test_held_out_images_are_read_once_at_the_end(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    validation_batches = Batches.validation_batches

    def reading(feed: Batches, *given: int, **named: int) -> Iterator[Any]:
        read.append(feed.num_validation)
        return validation_batches(feed, *given, **named)

    monkeypatch.setattr(Batches, "validation_batches", reading)
    assert run(arguments(images)) == 0
    found = result(images.parent / "out")
    assert found["judged"] == "held-out"
    assert found["score"]["metrics"]["accuracy"]["num_samples"] == 20
    assert found["validation"]["num_samples"] == 12
    assert read.count(20) == 1
    assert set(read) == {12, 20}
    assert read.index(20) >= 2  # once each epoch was judged by the others


def test_without_validation_all_images_train_and_the_last_epoch_is_kept(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments(images, validation=0)) == 0
    assert "60 training images; the last epoch is kept; 20 held-out images" in capsys.readouterr().out
    found = result(images.parent / "out")
    assert (found["epoch"], found["validation"], found["judged"]) == (2, None, "held-out")
    assert all(epoch["accuracy"] is None for epoch in found["score"]["learning_curve"])


def test_a_streamed_training_goes_on_with_the_same_bits(images: Path) -> None:
    """TrivialAugment is done image by image as they are read from their files."""
    assert run(arguments(images, "whole", trivial_augment=True)) == 0
    broken = arguments(images, "broken", trivial_augment=True)
    interrupted(broken)
    assert run(broken) == 0
    whole, again = (images.parent / name / "model.safetensors" for name in ("whole", "broken"))
    assert whole.read_bytes() == again.read_bytes()
    assert json.loads((images.parent / "whole" / "training.json").read_text())["is_streamed"]


def test_what_was_trained_is_exported_in_fewer_bits(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also once the images were moved; other images are refused."""
    assert run(arguments(images, trivial_augment=True)) == 0
    moved, out, bundle = images.rename(images.parent / "moved"), images.parent / "out", images.parent / "bundle"
    assert run(["export", str(out), "--data", str(moved), "--half", "--int8", "--to", str(bundle)]) == 0
    verified = json.loads((bundle / "verify.json").read_text())
    assert {one["file"] for one in verified["reduced"]} == {"model.half.onnx", "model.int8.onnx"}
    assert all(one["num_unseen"] == 20 for one in verified["reduced"])
    assert verified["int8"]["calibration_images"] == 48  # all that it was trained on
    head = yaml.safe_load((bundle / "README.md").read_text().split("---")[1])
    [model] = head["model-index"]
    assert model["name"] == tiny("resnet_basic", "mod-learned").id
    accuracy = model["results"][0]["metrics"][0]["value"]
    assert accuracy == pytest.approx(verified["training"]["value"], abs=1e-4)
    capsys.readouterr()
    assert run(["verify", str(bundle), "--data", str(moved / "test")]) == 0
    assert re.search(r"20 of 20 images", capsys.readouterr().out)
    (next((moved / "train" / "dark").iterdir())).unlink()
    told = one_line(["export", str(out), "--data", str(moved), "--to", str(images.parent / "other")], capsys)
    assert "The images are others than those of the training" in told


def test_an_export_is_a_beginning_as_long_as_it_is_whole(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = images.parent / "bundle"
    assert run(arguments(images)) == 0
    assert run(["export", str(images.parent / "out"), "--to", str(bundle)]) == 0
    assert run(arguments(images, "tuned", init=str(bundle), epochs=1)) == 0
    weights = bundle / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    for asked in (arguments(images, "again", init=str(bundle)), ["describe", str(bundle)]):
        assert "model.safetensors was changed since it was written" in one_line(asked, capsys)


def test_a_head_for_other_classes_begins_anew(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = images.parent / "more" / "train"
    photographs(more, 30)
    (more / "dark").rename(more / "third")
    photographs(images.parent / "again", 30)
    (images.parent / "again" / "dark").rename(more / "dark")
    assert run(arguments(images)) == 0
    first = images.parent / "out"
    tuned = arguments(images.parent / "more", "tuned", init=str(first), epochs=1)
    assert run(tuned) == 0
    assert len(result(images.parent / "tuned")["classes"]) == 3


def test_the_folder_of_a_target_is_named_by_what_it_is_called(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(arguments(images)) == 0
    monkeypatch.chdir(images.parent / "out")
    again = arguments(images, "beside")
    again[1] = "."
    assert run([*again, "--with", "deleted"]) == 0
    assert {path.name for path in (images.parent / "beside").iterdir() if path.is_dir()} == {"out", "out_deleted"}
