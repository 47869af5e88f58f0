"""``modsearch train``: one process and two, killed and started again, and what it refuses."""

import csv
import errno
import json
import os
import re
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.space import load_recipe, shipped_recipes
from tests.cli.trained import Write, arguments

__all__ = ["arguments"]


def test_every_shipped_recipe_is_valid_and_says_what_it_is() -> None:
    assert set(shipped_recipes()) == {"cifar", "imagenet_paper", "modern", "finetune", "digits"}
    for name, path in shipped_recipes().items():
        assert load_recipe(name).epochs > 0
        assert path.read_text().startswith("# ")


def test_the_papers_recipe_is_what_the_paper_says() -> None:
    found = load_recipe("imagenet_paper")
    told = {"epochs": 100, "batch_size": 256, "optimizer": "sgd", "learning_rate": 0.1, "momentum": 0.9}
    assert {name: getattr(found, name) for name in told} == told
    assert found.weight_decay == 1e-4
    assert found.schedule.model_dump() == {"kind": "steps", "every": 30, "factor": 0.1}


def test_the_other_recipes_hold_what_they_are_for() -> None:
    modern, finetune = load_recipe("modern"), load_recipe("finetune")
    assert modern.schedule.model_dump() == {"kind": "cosine", "warmup_epochs": 5}
    assert modern.trivial_augment
    assert (modern.mixup, modern.cutmix, modern.ema, modern.dtype) == (0.2, 1.0, 0.9998, "bfloat16")
    assert finetune.init == "torchvision"
    assert finetune.learning_rate < load_recipe("cifar").learning_rate


def test_a_network_is_trained_and_all_is_kept(
    arguments: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments()) == 0
    said = capsys.readouterr().out
    assert "1618 training images; 179 choose the epoch; no images are held out" in said
    out = tmp_path / "out"
    names = {"training.json", "result.json", "model.safetensors", "curve.csv", "confusion.csv"}
    assert names | {"curve.png", "confusion.png", "training.lock"} == {path.name for path in out.iterdir()}
    result = json.loads((out / "result.json").read_text())
    rows = list(csv.DictReader((out / "curve.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    best = max(rows, key=lambda row: float(row["validation_accuracy"]))
    assert result["epoch"] == int(best["epoch"])
    accuracy = result["score"]["metrics"]["accuracy"]["value"]
    assert accuracy == pytest.approx(float(best["validation_accuracy"]))
    table = list(csv.reader((out / "confusion.csv").read_text().splitlines()))
    confusion = [list(map(int, row[1:])) for row in table[1:]]
    assert sum(map(sum, confusion)) == 179
    assert sum(confusion[place][place] for place in range(10)) == round(179 * accuracy)
    assert [kind["num_images"] for kind in result["classes"]] == list(map(sum, confusion))
    before = {path: path.read_bytes() for path in out.iterdir() if path.suffix != ".png"}
    assert run(arguments()) == 0  # it is done: nothing is trained again
    assert {path: path.read_bytes() for path in before} == before


def one_line(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 2) -> str:
    assert run(arguments) == code
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"batch_size": 81}, r"recipe.batch_size must be a multiple of 2, for 2 processes, such as 80. Got 81"),
        ({"epochs": 0}, r"epochs must be greater than 0. Got 0"),
        ({"learning_rat": 1}, r"no field 'learning_rat', only .* Did you mean 'learning_rate'"),
        ({"batch_size": 4000}, r"recipe.batch_size must be at most 1618, the training images. Got 4000"),
        ({"validation": 0}, r"recipe.validation must be above 0 where no images are held out"),
        ({"init": "nowhere"}, r"recipe.init must be random, torchvision or a folder with weights. Got 'nowhere'"),
        ({"schedule": {"kind": "step"}}, r"schedule.kind must be one of cosine, one_cycle, steps"),
        ({"schedule": {"kind": "cosine", "warmup_epochs": 9}}, r"schedule.warmup_epochs must be below epochs, 2"),
    ],
)
def test_a_recipe_that_cannot_be_is_one_line(
    changes: dict[str, object],
    rule: str,
    arguments: Write,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    more = ["--processes", "2"] if changes == {"batch_size": 81} else []
    said = one_line([*arguments(**changes), *more], capsys)
    assert re.search(rule, said), said
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_a_folder_with_something_else_is_refused(
    arguments: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    assert "--out must be a new or empty folder, or that of a training" in one_line(arguments(), capsys)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]
    (tmp_path / "file").write_text("mine")
    assert "--out must be a folder" in one_line(arguments("file"), capsys)


def interrupted(arguments: list[str]) -> None:
    """After the first checkpoint."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modsearch.training.loop._train_epoch", _interrupt)
        assert run(arguments) == 130


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_another_training_in_the_folder_is_refused_with_what_differs(
    arguments: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(arguments())
    capsys.readouterr()
    assert "recipe.epochs '2' instead of '3'. Give the same, or a new --out." in one_line(arguments(epochs=3), capsys)
    said = one_line([*arguments(), "--seed", "7"], capsys)
    assert "holds another training: recipe.seed '0' instead of '7'" in said
    assert run(arguments()) == 0


def test_a_damaged_checkpoint_is_named_and_stays(
    arguments: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(arguments())
    capsys.readouterr()
    checkpoint = tmp_path / "out" / "checkpoint.safetensors"
    content = bytearray(checkpoint.read_bytes())
    content[-50] ^= 1
    checkpoint.write_bytes(content)
    said = one_line(arguments(), capsys)
    assert "checkpoint.safetensors' must be a whole checkpoint of this training" in said
    assert "Remove it to begin anew." in said
    assert checkpoint.read_bytes() == content
    checkpoint.unlink()
    assert run(arguments()) == 0


def test_a_disk_without_room_is_told_before_anything_is_trained(
    arguments: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # as the system does, without a name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", full)
        patch.setattr("modsearch.training.loop._train_epoch", _interrupt)
        said = one_line(arguments(), capsys)
    assert "cannot be used: No space left on device." in said
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"training.lock"}


def test_a_loss_that_is_no_number_is_one_line(arguments: Write, capsys: pytest.CaptureFixture[str]) -> None:
    said = one_line(arguments(learning_rate=1e30, selector_learning_rate=1e30), capsys, code=1)
    assert re.search(r"tiny: training diverged in epoch 1: .* A lower learning rate may help.", said)


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        (
            ["--with", "delted"],
            "--with must be one of deleted, reference. Got 'delted' instead. Did you mean 'deleted'?",
        ),
        (["--with", "reference"], "--with reference needs a study, which names its reference."),
        (["--all-front"], "--all-front needs a study"),
        (["--all-front", "--knee"], "--all-front must be given without --id, --knee and --under."),
        (["--knee"], "--id, --knee and --under choose a network of a study"),
        (["--recipe", "cifer"], "There is no recipe 'cifer', only cifar, digits"),
        (["--data", "nowhere"], "data.path must be a folder that exists"),
        (["--device", "tpu"], "device must be cpu, cuda or cuda:N"),
    ],
)
def test_arguments_that_cannot_be_are_one_line(
    more: list[str], rule: str, arguments: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rule in one_line([*arguments(), *more], capsys)


def test_a_plain_network_has_no_deleted_form(arguments: Write, capsys: pytest.CaptureFixture[str]) -> None:
    said = one_line([*arguments(network="standard"), "--with", "deleted"], capsys)
    assert "--with deleted needs a network with light blocks" in said


@pytest.mark.slow
def test_a_training_goes_on_from_the_weights_of_another(
    arguments: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fine-tuned at next to no rate for one epoch it is as good as where it began; another network is refused."""
    assert run(arguments()) == 0
    before = json.loads((tmp_path / "out" / "result.json").read_text())
    init = str(tmp_path / "out")
    assert run(arguments("tuned", init=init, epochs=1, learning_rate=1e-7)) == 0
    after = json.loads((tmp_path / "tuned" / "result.json").read_text())
    values = [found["score"]["metrics"]["accuracy"]["value"] for found in (before, after)]
    assert values[1] == pytest.approx(values[0], abs=0.1)
    capsys.readouterr()
    said = one_line(arguments("other", network="standard", init=init), capsys)
    assert "recipe.init must be a folder with weights of the same network" in said


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_training_is_exported_with_all_files(
    arguments: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bundle's accuracy is that of the training; the folder of either is a target."""
    assert run(arguments()) == 0
    bundle = tmp_path / "bundle"
    assert run(["export", str(tmp_path / "out"), "--to", str(bundle)]) == 0
    assert "proxy" not in capsys.readouterr().out
    verified = json.loads((bundle / "verify.json").read_text())
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    found = result["score"]["metrics"]["accuracy"]
    assert verified["training"] == {name: found[name] for name in ("value", "low", "high")} | {
        "num_images": 179,
        "images": "validation",
    }
    assert verified["accuracy"]["value"] == pytest.approx(found["value"])
    assert "trained in full for 2 epochs on 1,618 images" in (bundle / "README.md").read_text()
    assert run(["verify", str(bundle)]) == 0
    capsys.readouterr()
    for folder in (tmp_path / "out", bundle):
        assert run(["describe", str(folder)]) == 0
        assert "[S M4 | S M4 | S M4 S]" in capsys.readouterr().out


def test_a_training_that_is_not_done_is_not_exported(
    arguments: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(arguments())
    capsys.readouterr()
    said = one_line(["export", str(tmp_path / "out"), "--to", str(tmp_path / "bundle")], capsys)
    assert "holds a training that is not done: its command goes on with it." in said
    assert not (tmp_path / "bundle").exists()


def test_a_start_that_cannot_be_had_leaves_the_folder_to_the_next_command(
    arguments: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = one_line(arguments(init="torchvison"), capsys)
    assert "Got 'torchvison' instead. Did you mean 'torchvision'?" in said
    said = one_line(arguments(init="torchvision"), capsys)
    assert "recipe.init must be random: torchvision has no resnet_basic with the cifar stem" in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["training.lock"]
    (tmp_path / "out" / "training.json.part").write_text("{")  # of a start that was killed
    assert run(arguments()) == 0


@pytest.mark.slow
def test_a_network_is_held_against_its_deleted_form(
    arguments: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments(), "--with", "deleted", "--tensorboard"]) == 0
    said = capsys.readouterr().out
    assert "tiny_deleted" in said
    comparison = json.loads((tmp_path / "out" / "comparison.json").read_text())
    first, other = comparison["networks"]
    assert (first["name"], other["name"]) == ("tiny", "tiny_deleted")
    results = [json.loads((tmp_path / "out" / name / "result.json").read_text()) for name in ("tiny", "tiny_deleted")]
    values = [result["score"]["metrics"]["accuracy"]["value"] for result in results]
    assert other["first_minus_this"]["value"] == pytest.approx(values[0] - values[1])
    assert list((tmp_path / "out" / "tiny" / "events").iterdir())
    said = one_line(["export", str(tmp_path / "out"), "--to", str(tmp_path / "bundle")], capsys)
    assert "holds 2 trainings: name one" in said
