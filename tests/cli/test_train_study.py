"""``modsearch train`` of networks of a study: which ones, beside what, and what of the study goes with them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from modsearch.bundle.latency import read_latency
from modsearch.cli import run
from tests.bundle.made import photographs
from tests.cli.test_command import fails
from tests.cli.trained import RECIPE, Write, arguments
from tests.conformance.remeasured import search

__all__ = ["arguments"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The five networks of the small space, which was never trained in earnest."""
    return search(tmp_path_factory.mktemp("run"))


@pytest.fixture
def how(tmp_path: Path) -> list[str]:
    """By which recipe, on which images, where to."""
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(RECIPE | {"epochs": 1}))
    return ["--recipe", str(recipe), "--data", "digits", "--out", str(tmp_path / "out"), "--device", "cpu"]


def front(study: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert run(["front", study, "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["networks"]
    return found


def test_a_whole_front_beside_the_reference(
    study: str, how: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [member["id"] for member in front(study, capsys)]
    assert run(["train", study, "--all-front", "--with", "reference", *how]) == 0
    capsys.readouterr()
    out = tmp_path / "out"
    compared = json.loads((out / "comparison.json").read_text())["networks"]
    assert {network["id"] for network in compared} >= set(ids)
    assert compared[-1]["name"] == "resnet20_cifar"
    assert all(network["first_minus_this"] for network in compared[1:])
    for network in compared:
        assert (out / network["name"] / "model.safetensors").is_file()
    member = next(network for network in compared if network["id"] in ids)
    said = read_latency(out / member["name"])
    assert [claim.place for claim in said.claims] == ["cpu"]
    assert run(["export", str(out / member["name"]), "--to", str(tmp_path / "bundle")]) == 0
    assert read_latency(tmp_path / "bundle") == said
    assert "the study timed 32 pixels" in (tmp_path / "bundle" / "README.md").read_text()


def test_a_network_beside_its_deleted_form(
    study: str, how: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["describe", study, "--json"]) == 0
    capsys.readouterr()
    with_mod = next(member["id"] for member in front(study, capsys) if "M" in member["description"])
    assert run(["train", study, "--id", with_mod, "--with", "deleted", *how]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()} == {with_mod, f"{with_mod}_deleted"}
    assert f"{with_mod} against {with_mod}_deleted" in capsys.readouterr().out


def test_images_of_other_classes_are_refused(
    study: str, how: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photographs(tmp_path / "two", num=60)
    words = [str(tmp_path / "two") if word == "digits" else word for word in how]
    assert "--data must be images of 10 classes, as the study's. Got '2 classes' instead." in fails(
        capsys, "train", study, *words
    )


def test_an_export_without_the_images_is_compared_on_drawn_ones(
    arguments: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photographs(tmp_path / "two")
    words = [str(tmp_path / "two") if word == "digits" else word for word in arguments(batch_size=10, image_size=16)]
    assert run(words) == 0
    shutil.rmtree(tmp_path / "two")
    out, bundle = str(tmp_path / "out"), tmp_path / "bundle"
    capsys.readouterr()
    assert "--half and --int8 need the images" in fails(capsys, "export", out, "--to", str(bundle), "--int8")
    assert "nowhere" in fails(capsys, "export", out, "--to", str(bundle), "--data", "nowhere")
    assert not bundle.exists()
    assert run(["export", out, "--to", str(bundle)]) == 0
    said = capsys.readouterr().out
    assert "model.onnx in onnxruntime" in said
    assert "of 2000 images agree" in said
    assert "The images of the training are gone: files were compared on drawn ones." in said
    verified = json.loads((bundle / "verify.json").read_text())
    assert (verified["images"], verified["num_images"], "accuracy" in verified) == ("drawn", 2000, False)
    assert "compared on drawn ones" in (bundle / "README.md").read_text()
    assert run(["verify", str(bundle), "--latency"]) == 0
    assert "no study timed the network" in capsys.readouterr().out


def test_a_training_that_is_compiled(arguments: Write, tmp_path: Path) -> None:
    assert run(arguments("compiled", compile=True, epochs=2)) == 0
    assert run(arguments("eager", epochs=2)) == 0
    losses = [
        json.loads((tmp_path / name / "result.json").read_text())["score"]["learning_curve"][-1]["loss"]
        for name in ("compiled", "eager")
    ]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
