"""``modsearch new``: a whole run, what it decides for the machine, and its errors."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from modsearch.architecture import preset
from modsearch.cli import run
from modsearch.machine import num_cpus
from modsearch.record import Survey, TrialCost
from modsearch.space import StudySpec, load_spec
from tests.cli.test_command import fails
from tests.scoring.conftest import shorten

NEW = sys.modules["modsearch.cli.new"]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a folder and with a cache of its own, with the shortest timings that there are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODSEARCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(NEW, "num_cpus", lambda: 2)
    shorten(monkeypatch)
    monkeypatch.setattr("modsearch.scoring.trial_cost._TIMED_S", 0.001)


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network takes 10 s to time and 50 s to train, whatever it is."""
    plan = SimpleNamespace(usual=TrialCost(measure_s=10, train_s=50, weights_bytes=1, score_bytes=1))
    monkeypatch.setattr("modsearch.scoring.make_plan", lambda *_: plan)


def photographs(folder: Path, number: int = 12, side: int = 32, classes: str = "abc") -> str:
    """Random images, as many in each class, and as many pixels on their shorter sides."""
    generator = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for index in range(number):
            pixels_HWC = generator.integers(0, 256, (side, side + 1, 3), dtype=np.uint8)
            Image.fromarray(pixels_HWC).save(folder / name / f"{index:03}.png")
    return str(folder)


def new(*arguments: str) -> StudySpec:
    """The study that a call writes into birds.yaml."""
    assert run(["new", "birds.yaml", *arguments]) == 0
    return load_spec("birds.yaml")


@pytest.mark.slow
def test_a_study_is_written_that_plan_takes_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = photographs(tmp_path / "photos")
    (tmp_path / "photos/test").mkdir()
    (tmp_path / "photos/test/one.png").write_bytes(b"")
    spec = new("--data", "photos", "--backbone", "resnet20_cifar", "--hours", "0.05", "--device", "cpu")
    told = capsys.readouterr().out.splitlines()
    assert len(told) <= 8
    assert all(len(line) <= 80 for line in told)
    assert told[-1] == "Written. Next: modsearch plan birds.yaml --device cpu"
    assert (spec.name, spec.reference, spec.budget.hours) == ("birds", "resnet20_cifar", 0.05)
    assert spec.data.model_dump(mode="json")["path"] == data
    places = [(place.image_size, place.threads, place.device) for place in spec.deployments.values()]
    assert places == [(32, num_cpus(), "cpu")]
    assert (spec.fidelity.image_size, spec.fidelity.images_per_class, spec.fidelity.init) == (32, None, "random")
    text = Path("birds.yaml").read_text()
    assert text.startswith("# 3 classes, 36 images (12 a class), short side 32 px")
    command = "modsearch new birds.yaml --data photos --backbone resnet20_cifar --hours 0.05 --device cpu"
    assert command in text.replace("\n# ", " ")
    assert run(["plan", "birds.yaml", "--device", "cpu", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["study"], found["images"]["classes"]) == ("birds", 3)
    assert found["num_trials"] == spec.budget.trials


@pytest.mark.usefixtures("untimed")
def test_the_budget_fits_the_hours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A minute a network: 60 in an hour. 12 images a class can be no fewer; a third of the epochs are 27 s, so 8."""
    data = photographs(tmp_path / "photos")
    arguments = ("--data", data, "--backbone", "resnet20_cifar", "--device", "cpu")
    spec = new(*arguments, "--hours", "1")
    assert (spec.budget.trials, spec.budget.hours, spec.fidelity.epochs) == (60, 1, 18)
    assert "a network takes about 60 s (timing 10 s, training 50 s)\nbudget: 60 networks" in capsys.readouterr().out
    Path("birds.yaml").unlink()
    spec = new(*arguments, "--hours", "0.06")
    assert (spec.budget.trials, spec.fidelity.epochs) == (10, 6)
    told = capsys.readouterr().out
    assert "0.06 h are enough for about 8 networks: 20, for a front, take --hours 0.15" in told
    assert "--hours 0.15" in Path("birds.yaml").read_text()


@pytest.mark.usefixtures("untimed")
def test_each_deployment_is_an_objective(tmp_path: Path) -> None:
    data = photographs(tmp_path / "photos", side=40)
    places = ("--deployment", "cpu:batch_size=8", "--deployment", "other:threads=1,image_size=48")
    spec = new("--data", data, "--backbone", "vgg_bn", "--device", "cpu", *places)
    assert spec.objectives == ("accuracy", "relative_latency@cpu", "relative_latency@other")
    sizes = {name: (place.image_size, place.batch_size, place.threads) for name, place in spec.deployments.items()}
    assert sizes == {"cpu": (40, 8, 2), "other": (48, 1, 1)}
    assert spec.reference == "vgg16_bn_cifar"


@pytest.mark.usefixtures("untimed")
def test_several_gpus_take_a_network_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(NEW, "_check_here", lambda *_: None)
    monkeypatch.setattr("modsearch.scoring.LocalEvaluator", lambda *_: None)
    data = photographs(tmp_path / "photos")
    spec = new("--data", data, "--backbone", "resnet20_cifar", "--hours", "1")
    assert (spec.executor.kind, spec.budget.hours) == ("ray", 4)
    assert spec.budget.trials == int(3600 / (10 + 50 / 4))
    assert [(name, place.device, place.batch_size) for name, place in spec.deployments.items()] == [("gpu", "cuda", 32)]
    assert "4 GPUs train a network each" in Path("birds.yaml").read_text()
    Path("birds.yaml").unlink()
    assert new("--data", data, "--backbone", "resnet20_cifar", "--device", "cuda:1").executor.kind == "local"


@pytest.mark.usefixtures("untimed")
def test_few_photographs_start_from_pretrained_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("modsearch.models.pretrained_file.pretrained_weights", asked.append)
    data = photographs(tmp_path / "photos", side=70)
    spec = new("--data", data, "--backbone", "mobilenet_v2", "--device", "cpu")
    assert asked == ["mobilenet_v2"]
    assert (spec.fidelity.init, spec.fidelity.epochs) == ("torchvision", 10)
    assert spec.deployments["cpu"].image_size == 64
    assert "from torchvision's weights" in capsys.readouterr().out


@pytest.mark.usefixtures("untimed")
def test_weights_that_cannot_be_had_are_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(source: str) -> None:
        raise OSError(f"The file of torchvision's weights of {source} cannot be downloaded.")

    monkeypatch.setattr("modsearch.models.pretrained_file.pretrained_weights", refuse)
    data = photographs(tmp_path / "photos", side=70)
    spec = new("--data", data, "--backbone", "resnet50", "--device", "cpu")
    assert (spec.fidelity.init, spec.fidelity.epochs) == ("random", 18)
    assert "torchvision's weights cannot be had" in capsys.readouterr().out
    assert "weights of resnet101 cannot be downloaded." in Path("birds.yaml").read_text().replace("\n# ", " ")


def test_many_photographs_and_small_images_need_no_pretrained_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("modsearch.models.pretrained_file.pretrained_weights", asked.append)

    def pretrained(name: str, usual: int) -> Any:
        return NEW._pretrained(preset(name), Survey(classes={"a": usual, "b": usual}, short_sides=(480,)))

    assert pretrained("resnet50", 199) == (True, "")
    assert asked == ["resnet101", "resnet152", "resnet50"]  # which have more blocks where a network has many
    assert pretrained("resnet50", 200) == (False, "")
    assert pretrained("resnet20_cifar", 10) == (False, "")


@pytest.mark.usefixtures("untimed")
def test_what_is_held_out_is_written_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = photographs(tmp_path / "photos", number=60)
    arguments = ("--backbone", "resnet20_cifar", "--device", "cpu")
    spec = new("--data", data, *arguments)
    assert spec.data.model_dump(include={"holdout"}) == {"holdout": 0.1}
    assert "more images are held out: no search reads them" in capsys.readouterr().out
    Path("birds.yaml").unlink()
    (tmp_path / "photos/val").mkdir()
    (tmp_path / "photos/val/one.png").write_bytes(b"")
    assert new("--data", data, *arguments).data.model_dump(include={"holdout"}) == {"holdout": 0}
    assert "val/: no search reads it" in capsys.readouterr().out
    assert "No search reads val/" in Path("birds.yaml").read_text()


@pytest.mark.usefixtures("untimed")
def test_a_class_that_is_too_small_keeps_its_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = photographs(tmp_path / "photos", number=2)
    spec = new("--data", data, "--backbone", "resnet20_cifar", "--device", "cpu")
    assert spec.data.model_dump(include={"holdout"}) == {"holdout": 0}
    assert "no images are held out" in capsys.readouterr().out
    text = Path("birds.yaml").read_text().replace("\n# ", " ")
    assert "No images are held out for the end: data: class 'a' must be of at least 3 images" in text


@pytest.mark.usefixtures("untimed")
def test_the_home_stays_the_home_and_other_paths_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photographs(tmp_path / "photos")
    monkeypatch.setenv("HOME", str(tmp_path))
    spec = new("--data", "~/photos", "--backbone", "resnet20_cifar", "--device", "cpu")
    assert spec.data.model_dump(mode="json")["path"] == "~/photos"
    assert run(["new", "other.yaml", "--data", "photos", "--backbone", "resnet20_cifar", "--device", "cpu"]) == 0
    assert load_spec("other.yaml").data.model_dump(mode="json")["path"] == str(tmp_path / "photos")


@pytest.mark.parametrize(
    ("stem", "name"),
    [("birds", "birds"), ("my birds (2)", "my_birds_2"), ("Vögel", "Vogel"), ("...", "study"), ("鳥", "study")],
)
def test_a_study_is_named_like_its_file(stem: str, name: str) -> None:
    assert NEW._name(stem) == name
    assert len(NEW._name("x" * 300)) == 100


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "ending": (("x.txt",), "FILE must be a name that ends in .yaml. Got 'x.txt' instead."),
    "no folder": (("no/x.yaml",), "There is no folder 'no' for the study."),
    "hours": (("x.yaml", "--hours", "0"), "--hours must be a number above 0, at most 10,000. Got 0.0 instead."),
    "no hours": (("x.yaml", "--hours", "nan"), "--hours must be a number above 0, at most 10,000."),
    "many hours": (("x.yaml", "--hours", "1e308"), "--hours must be a number above 0, at most 10,000."),
    "backbone": (("x.yaml", "--backbone", "resnet5"), "Did you mean 'resnet50'?"),
    "MoD": (("x.yaml", "--backbone", "resnet18_cifar_mod"), "such as resnet18_cifar: "),
    "family": (("x.yaml", "--backbone", "convnext"), "one of resnet_basic, resnet_bottleneck for images of 30"),
    "field": (("x.yaml", "--deployment", "cpu:batch=1"), "Did you mean 'batch_size'?"),
    "form": (("x.yaml", "--deployment", "cpu:threads"), "NAME:FIELD=VALUE,FIELD=VALUE"),
    "size": (("x.yaml", "--deployment", "a:image_size=3"), "deployments.a.image_size must be at least 4 for resnet20_"),
    "device": (("x.yaml", "--device", "tpu"), "device must be cpu, cuda or cuda:N."),
    "no images": (("x.yaml", "--data", "empty"), "data.path must be a folder with images"),
    "one class": (("x.yaml", "--data", "photos/a"), "a folder of at least 2 classes"),
    "nothing": (("x.yaml", "--data", "nowhere"), "data.path must be a folder that exists. Got 'nowhere' instead."),
    "small": (("x.yaml", "--data", "photos", "--backbone", "resnet50"), "a network that takes images of 30 pixels"),
    "one image": (("x.yaml", "--data", "single"), "data: class 'a' must be of at least 2 images. Got 1 instead."),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_nothing_is_written(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, expected = BAD[case]
    photographs(tmp_path / "photos", number=3, side=30)
    photographs(tmp_path / "single", number=1, side=32)
    for name in "ab":
        (tmp_path / "empty" / name).mkdir(parents=True)
    usual = {"--data": "photos", "--backbone": "resnet20_cifar", "--device": "cpu"}
    more = [word for option, value in usual.items() if option not in arguments for word in (option, value)]
    assert expected in fails(capsys, "new", *arguments, *more)
    assert not Path("x.yaml").exists()


def test_a_file_that_is_there_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("birds.yaml").write_text("mine")
    told = fails(capsys, "new", "birds.yaml", "--data", "nowhere", "--backbone", "nothing")
    assert "FILE must be a new file" in told
    monkeypatch.setattr(NEW, "_check", lambda *_: None)  # it came up meanwhile
    plan = SimpleNamespace(usual=TrialCost(measure_s=10, train_s=50, weights_bytes=1, score_bytes=1))
    monkeypatch.setattr("modsearch.scoring.make_plan", lambda *_: plan)
    data = photographs(tmp_path / "photos")
    told = fails(capsys, "new", "birds.yaml", "--data", data, "--backbone", "resnet20_cifar", "--device", "cpu")
    assert "'birds.yaml' cannot be used: File exists." in told
    assert Path("birds.yaml").read_text() == "mine"


def test_a_trial_that_fails_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def train(*_: object, **__: object) -> None:
        raise RuntimeError("no memory\nat all")

    monkeypatch.setattr("modsearch.scoring.LocalEvaluator.train", train)
    data = photographs(tmp_path / "photos")
    assert run(["new", "x.yaml", "--data", data, "--backbone", "resnet20_cifar", "--device", "cpu"]) == 1
    assert capsys.readouterr().err == "modsearch: A timed trial failed with RuntimeError: no memory at all\n"
    assert not Path("x.yaml").exists()
