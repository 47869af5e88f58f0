import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modsearch.architecture import preset
from modsearch.message import parse
from modsearch.space import Cifar, Digits, ImageFolder, StudySpec, load_spec
from tests.space.shipped import shipped_data

Change = Callable[[dict[str, Any]], Any]

TWO_PLACES: dict[str, dict[str, Any]] = {
    "cpu": {"image_size": 32, "num_classes": 10},
    "gpu": {"image_size": 32, "num_classes": 10, "device": "cuda"},
}


def _changed(*changes: Change) -> StudySpec:
    data = shipped_data()
    for change in changes:
        change(data)
    return parse(StudySpec, data)


def _sets(**fields: Any) -> Change:
    return lambda data: data.update(fields)


def test_defaults_of_the_design() -> None:
    data = shipped_data()
    for name in ("objectives", "constraints", "sampler", "data"):
        data.pop(name)
    spec = parse(StudySpec, data)
    assert spec.objectives == ("accuracy", "relative_latency")
    assert spec.directions == ("maximize", "minimize")
    assert (spec.sampler, spec.seed_with, spec.controls, spec.seed) == ("ehvi", "published", ("deleted",), 0)
    assert spec.data == Digits()
    assert spec.num_classes == 10
    assert spec.reference_architecture == preset("resnet20_cifar").architecture


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("space", lambda data: data["space"].update(c=[2, 4, 8])),
        ("space", lambda data: data["space"]["depths"][2]["mod"].append(3)),
        ("reference", _sets(reference="resnet32_cifar")),
        ("deployments", lambda data: data["deployments"]["cpu"].update(threads=1)),
        ("fidelity", lambda data: data["fidelity"].update(epochs=9)),
        ("fidelity", lambda data: data["fidelity"].update(threads=1)),
        ("objectives", _sets(objectives=["accuracy", "gmacs"])),
        ("seed", _sets(seed=1)),
    ],
)
def test_fingerprint_names_the_section_that_changes_results(section: str, change: Change) -> None:
    before, after = (spec.fingerprint("images", "cpu") for spec in (_changed(), _changed(change)))
    assert {name for name in before if before[name] != after[name]} == {section}


def test_fingerprint_has_the_images_and_the_training_device() -> None:
    spec = _changed()
    before = spec.fingerprint("images", "cpu")
    assert before == _changed(_sets(data={"kind": "digits"})).fingerprint("images", "cpu")  # the hash stands for them
    assert {name for name, digest in spec.fingerprint("other", "cpu").items() if digest != before[name]} == {"data"}
    changed = spec.fingerprint("images", "cuda")
    assert {name for name in before if before[name] != changed[name]} == {"training device"}


def test_fingerprint_tells_the_rule_for_tied_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    before = _changed().fingerprint("images", "cpu")
    monkeypatch.setattr("modsearch.space.spec.TIE_RULE", "any wins")
    changed = _changed().fingerprint("images", "cpu")
    assert {name for name in before if before[name] != changed[name]} == {"rule for tied channels"}


@pytest.mark.parametrize(
    "change",
    [
        _sets(budget={"trials": 99}),
        _sets(sampler="tpe"),
        _sets(constraints=[]),
        _sets(controls=[]),
        _sets(seed_with="none"),
        _sets(name="other"),
        lambda data: data["space"].update(c=["2", 4.0, "8/1", 16]),  # the same values, written in another way
    ],
)
def test_fingerprint_stays_where_results_compare(change: Change) -> None:
    assert _changed(change).fingerprint("images", "cpu") == _changed().fingerprint("images", "cpu")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_sets(budgt={"trials": 3}), r"^the top level has no field 'budgt', only name, .* Did you mean 'budget'\?$"),
        (lambda data: data["fidelity"].update(epoch=3), r"^fidelity has no field 'epoch', .* Did you mean 'epochs'\?$"),
        (
            lambda data: data["fidelity"].update(epoch=data["fidelity"].pop("epochs")),
            r"^fidelity has no field 'epoch', .* Did you mean 'epochs'\?$",
        ),
        (lambda data: data["fidelity"].pop("epochs"), r"^fidelity\.epochs must be given\.$"),
        (lambda data: data["fidelity"].update(epochs="many"), r"^fidelity\.epochs must be a whole number\. Got 'many'"),
        (lambda data: data["fidelity"].update(epochs=2.5), r"^fidelity\.epochs must be a whole number\. Got 2\.5"),
        (
            lambda data: data["fidelity"].update(epochs=True),
            r"^fidelity\.epochs must be a number\. Got True instead\.$",
        ),
        (
            lambda data: data["fidelity"].update(learning_rate=float("inf")),
            r"^fidelity\.learning_rate must be a finite number\. Got inf instead\.$",
        ),
        (lambda data: data["fidelity"].update(augment="maybe"), r"^fidelity\.augment must be true or false\."),
        (lambda data: data["fidelity"].update(label_smoothing=1), r"^fidelity\.label_smoothing must be less than 1\."),
        (
            lambda data: data["deployments"]["cpu"].update(batchsize=1),
            r"^deployments\.cpu has no field 'batchsize', only image_size, .* Did you mean 'batch_size'\?$",
        ),
        (
            lambda data: data["deployments"]["cpu"].update(dtype="float8"),
            r"^deployments\.cpu\.dtype must be one of float32, bfloat16, float16, int8\. Got 'float8'",
        ),
        (_sets(deployments={}), r"^deployments must be of length 1 or more\. Got \{\} instead\.$"),
        (_sets(deployments={"a\nb": TWO_PLACES["cpu"]}), r"^deployments\['a\\nb'\] must be letters, digits"),
        (_sets(deployments={1: TWO_PLACES["cpu"]}), r"^deployments\[1\] must be text\. Got 1 instead\.$"),
        (
            _sets(deployments={"a": {**TWO_PLACES["cpu"], "num_classes": 100}, "b": TWO_PLACES["gpu"]}),
            r"^deployments must be of one num_classes: .* Got \[10, 100\] instead\.$",
        ),
        (
            lambda data: data["space"]["depths"][1].update(standart=[1]),
            r"^space\.depths\[1\] has no field 'standart', only standard, mod\. Did you mean 'standard'\?$",
        ),
        (lambda data: data["space"].update(backbone="resnet"), r"^space\.backbone must be one of resnet_basic"),
        (lambda data: data["space"].update(placements=["every"]), r"^space\.placements\[0\] must be one of none"),
        (lambda data: data["space"].update(c="64"), r"^space\.c must be a list\. Got '64' instead\.$"),
        (_sets(sampler="nsga"), r"^sampler must be one of ehvi, nsga2, tpe, random, gp\. .* Did you mean 'nsga2'\?$"),
        (_sets(reference="resnet20"), r"^reference must be a plain published network, .* Got 'resnet20' instead\."),
        (_sets(reference="resnet18_cifar_mod"), r"^reference must be a plain published .* Got 'resnet18_cifar_mod'"),
        (_sets(objectives=["accuracy"]), r"^objectives must be at least 2 different metrics\. Got \['accuracy'\]"),
        (_sets(objectives=["accuracy", "accuracy"]), r"^objectives must be at least 2 different metrics\."),
        (_sets(objectives=["gmacs", "params"]), r"^objectives must be a list with accuracy in it\."),
        (
            _sets(objectives=["accuracy", "latency"]),
            r"^objectives\[1\] must be one of accuracy, .* Got 'latency' instead\. Did you mean 'latency_ms'\?$",
        ),
        (
            _sets(constraints=[{"metric": "accuracy", "max": 1}]),
            r"^constraints\[0\]\.metric must be a metric that is known before training\. Got 'accuracy' instead\.$",
        ),
        (_sets(constraints=[{"metric": "parms", "max": 1}]), r"^constraints\[0\]\.metric .* Did you mean 'params'\?$"),
        (
            _sets(constraints=[{"metric": "params", "max": float("nan")}]),
            r"^constraints\[0\]\.max must be a finite num",
        ),
        (
            _sets(data={"kind": "cifar"}),
            r"^data\.kind must be one of .* Got 'cifar' instead\. Did you mean 'cifar10\d?'",
        ),
        (_sets(data={"kind": "cifar10", "path": "x"}), r"^data has no field 'path', only kind\.$"),
        (_sets(data={"path": "x"}), r"^data\.kind must be given: one of cifar10, cifar100, digits, imagefolder\.$"),
        (_sets(data="cifar10"), r"^data must be a mapping\. Got 'cifar10' instead\.$"),
        (_sets(budget={"trials": 0}), r"^budget\.trials must be greater than 0\. Got 0 instead\.$"),
        (_sets(seed=-1), r"^seed must be greater than or equal to 0\."),
        (
            _sets(name="../x"),
            r"^name must be letters, digits, .* the first a letter or digit\. Got '\.\./x' instead\.$",
        ),
        (_sets(name=3), r"^name must be text\. Got 3 instead\.$"),
    ],
)
def test_broken_rules_are_named(change: Change, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _changed(change)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "..", ".", "", ".hidden", "a b", "x\n", "-rf"])
def test_name_stays_in_its_folder(name: str) -> None:
    with pytest.raises(ValueError, match=r"^name must be letters, digits"):
        _changed(_sets(name=name))


def test_two_deployments_name_the_metrics_of_each() -> None:
    spec = _changed(_sets(deployments=TWO_PLACES, constraints=[], objectives=["accuracy", "latency_ms@gpu"]))
    assert spec.directions == ("maximize", "minimize")
    with pytest.raises(
        ValueError, match=r"^objectives\[1\] must be one of .*latency_ms@cpu, latency_ms@gpu, latency_p90"
    ):
        _changed(_sets(deployments=TWO_PLACES, constraints=[], objectives=["accuracy", "latency_ms"]))
    with pytest.raises(ValueError, match=r"^constraints\[0\]\.metric must be one of .* Got 'relative_latency' instead"):
        _changed(_sets(deployments=TWO_PLACES, objectives=["accuracy", "params"]))
    with pytest.raises(ValueError, match=r"^objectives\[1\] must be one of .* Got 'relative_latency@cpu' instead"):
        _changed(_sets(objectives=["accuracy", "relative_latency@cpu"]))


def test_overrides_are_checked() -> None:
    spec = _changed()
    changed = spec.with_overrides({"seed": 5, "data": ImageFolder()})
    assert (changed.seed, changed.data, changed.space) == (5, ImageFolder(), spec.space)
    assert spec.with_overrides({"data": Cifar(kind="cifar100")}).data == Cifar(kind="cifar100")
    with pytest.raises(ValueError, match=r"^sampler must be one of ehvi"):
        spec.with_overrides({"sampler": "grid"})


def test_anchored_paths_hold_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for given, expected in (("images", tmp_path / "images"), ("/images", Path("/images")), ("~/a", Path("~/a"))):
        spec = _changed(_sets(data={"kind": "imagefolder", "path": given}, latency_tables={"cpu": given})).anchored()
        assert spec.data == ImageFolder(path=expected)
        assert spec.latency_tables == {"cpu": expected}


def test_classes_are_the_datas_unless_they_are_given() -> None:
    given = _changed(lambda data: None)
    assert given.with_num_classes(lambda data: 40) is given
    two = {"a": {"image_size": 32}, "b": {"image_size": 224}}
    left_out = _changed(_sets(deployments=two, objectives=["accuracy", "params"], constraints=[]))
    with pytest.raises(ValueError, match=r"^num_classes must be given"):
        _ = left_out.num_classes
    known = left_out.with_num_classes(lambda data: 40 if data == left_out.data else 0)
    assert {deployment.num_classes for deployment in known.deployments.values()} == {40}
    assert known.num_classes == 40


def test_other_images_are_held_out_alike(tmp_path: Path) -> None:
    spec = _changed(_sets(data={"kind": "imagefolder", "path": "a", "holdout": 0.2}))
    assert spec.with_images(tmp_path).data == ImageFolder(path=tmp_path, holdout=0.2)
    assert _changed(_sets(data={"kind": "digits"})).with_images(tmp_path).data == ImageFolder(path=tmp_path)


def test_machines_are_told_apart_by_their_environments_not_by_their_names() -> None:
    spec = _changed(_sets(deployments={"cpu": {"image_size": 32, "num_classes": 10}}))
    moved = _changed(_sets(deployments={"cpu": {"image_size": 32, "num_classes": 10, "host": "me@box"}}))
    assert spec.fingerprint("a", "cpu") == moved.fingerprint("a", "cpu")
    assert (spec.is_timed_here, moved.is_timed_here) == (True, False)
    assert spec.deployments["cpu"].differences(moved.deployments["cpu"]) == ""
    assert moved.deployments["cpu"].on_its_machine == spec.deployments["cpu"]
    assert moved.deployments["cpu"].describe() == "eager on cpu of me@box, 1 thread, batch size 1, float32"


def test_fidelity_tag_tells_fidelities_apart() -> None:
    fidelity = load_spec("cifar10_resnet_small").fidelity
    other = fidelity.model_copy(update={"learning_rate": 0.3})
    assert fidelity.tag.startswith("8ep-32px-")
    assert fidelity.tag != other.tag
    assert not fidelity.is_smoke_test
    assert fidelity.model_copy(update={"width": 0.5}).is_smoke_test


def test_json_schema_has_every_field() -> None:
    schema = json.loads(json.dumps(StudySpec.model_json_schema()))
    assert set(schema["properties"]) == set(StudySpec.model_fields)
    assert set(schema["required"]) == {"name", "space", "reference", "deployments", "fidelity", "budget"}
    assert schema["additionalProperties"] is False
    references = {part.split('"')[0] for part in json.dumps(schema).split("#/$defs/")[1:]}
    assert references == set(schema["$defs"])
