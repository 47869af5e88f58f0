"""The verbs that need no study, and what bad input gives: one line on stderr and exit code 2."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.main import get_command

from modsearch.architecture import preset
from modsearch.cli import app, run
from modsearch.cli.verbs import GROUPS
from modsearch.space import StudySpec, shipped_spaces

TINY = {
    "name": "tiny",
    "space": {
        "backbone": "resnet_basic",
        "stem": "cifar",
        "widths": [8, 16, 32],
        "depths": [{"standard": [1], "mod": [0, 1]}] * 3,
        "placements": ["none", "free"],
        "c": [2, 4],
        "reduction": 2,
    },
    "reference": "resnet20_cifar",
    "deployments": {"cpu": {"image_size": 8, "num_classes": 10, "batch_size": 2}},
    "fidelity": {"image_size": 8, "images_per_class": 10, "epochs": 1, "batch_size": 50, "threads": 1},
    "budget": {"trials": 2},
}


def write(path: Path, **changes: object) -> str:
    path.write_text(yaml.safe_dump(TINY | changes))
    return str(path)


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that a bad call leaves on stderr."""
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("modsearch: ")
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    return captured.err


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    groups = ("Search:", "Trust the result:", "Look at it:", "Service:")
    assert [line for line in text.splitlines() if line in groups] == list(groups)
    listed = {name for names in GROUPS.values() for name in names}
    for verb in listed:
        assert f"\n  {verb} " in text
    assert set(get_command(app).commands) - listed == {"probe"}  # type: ignore[attr-defined]
    assert "..." not in text.partition("Search:")[2]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["selection", "runs/x", "--id", "abc"], "analyse STUDY --id ID --selection"),
        (["published", "--compare", "--threads", "2"], "compare"),
    ],
)
def test_an_old_name_says_the_new_one(old: list[str], new: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"is called 'modsearch {new}' now." in fails(capsys, *old)


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "Search:" in capsys.readouterr().out


def test_help_loads_neither_torch_nor_optuna() -> None:
    code = (
        "import sys; from modsearch.cli import run; run(['--help']); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'optuna', 'ray')))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_schema_accepts_what_the_spec_accepts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) == set(StudySpec.model_fields)
    validator = jsonschema.Draft202012Validator(schema)
    for path in shipped_spaces().values():
        assert list(validator.iter_errors(yaml.safe_load(path.read_text()))) == []
    for wrong in ({"sampler": "nsga3"}, {"samplers": "tpe"}, {"budget": {"trials": "ten"}}):
        assert not validator.is_valid(TINY | wrong)


def test_published_lists_the_presets(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["published"]) == 0
    text = capsys.readouterr().out
    for name in ("resnet50", "resnet75_mod", "resnet18_cifar_mod", "resnet20_cifar"):
        assert name in text


def test_describe_a_preset(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["describe", "resnet18_mod", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["id"] == preset("resnet18_mod").architecture.id
    assert found["depths"] == [2, 2, 2, 2]
    assert found["num_mod_blocks"] == 4
    assert round(found["params"] / 1e6, 2) == 5.46  # printed in arXiv 2409.17016
    assert found["gmacs"] == pytest.approx(0.89, rel=0.02)
    assert [row["k"] for row in found["layers"] if row["kind"] == "mod"] == [1, 2, 4, 8]


def test_describe_an_architecture_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "architecture.json"
    path.write_text(preset("resnet20_cifar").architecture.to_json())
    assert run(["describe", str(path), "--classes", "100", "--image-size", "16"]) == 0
    text = capsys.readouterr().out
    assert "resnet20_cifar" in text
    assert f"{272_474 + 90 * 65:,} for 100 classes" in text
    assert "16 x 16" in text


def test_describe_needs_something_that_exists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Did you mean 'resnet50_mod'?" in fails(capsys, "describe", "resnet50_mood")
    assert "There is no file" in fails(capsys, "describe", str(tmp_path / "none.json"))
    assert "image_size must be at least 8 pixels" in fails(capsys, "describe", "resnet18_cifar", "--image-size", "4")


@pytest.mark.parametrize("c", [0.5, "many", None, True, 0, -3])
def test_c_must_be_a_number_of_at_least_1(c: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "architecture.json"
    block = {"kind": "mod", "c": c}
    stages = [[{"kind": "standard"}, block]] * 3
    path.write_text(json.dumps({"backbone": "resnet_basic", "stem": "cifar", "widths": [8, 8, 8], "stages": stages}))
    assert "stages[0][1].c must be a number of at least 1" in fails(capsys, "describe", str(path))


def test_broken_files_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "architecture.json"
    broken.write_text("{")
    assert "must be valid JSON" in fails(capsys, "describe", str(broken))
    broken.write_bytes(b"\xff\xfe\x00")
    fails(capsys, "describe", str(broken))
    unclosed = tmp_path / "space.yaml"
    unclosed.write_text("name: [tiny\nspace: 3")
    assert "not valid YAML at line 2" in fails(capsys, "search", str(unclosed))


def test_unknown_space_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    text = fails(capsys, "search", "digit_quickstart")
    assert "Did you mean 'digits_quickstart'?" in text
    for name in shipped_spaces():
        assert name in text


def test_bad_specs_name_the_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "space.yaml"
    assert "Did you mean 'sampler'?" in fails(capsys, "search", write(path, samplers="tpe"))
    assert "sampler must be one of" in fails(capsys, "search", write(path, sampler="nsga3"))
    assert "objectives[1] must be one of" in fails(capsys, "search", write(path, objectives=["accuracy", "latency"]))
    assert "budget.trials must be" in fails(capsys, "search", write(path, budget={"trials": "ten"}))


def test_bad_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "space.yaml")
    assert "--trials" in fails(capsys, "search", path, "--trials", "none")
    assert "--trials" in fails(capsys, "search", path, "--trials", "0")
    assert "No such command 'serch'" in fails(capsys, "serch", path)
    assert "No such option" in fails(capsys, "front", "runs", "--jason")
    assert "device must be" in fails(capsys, "search", path, "--device", "tpu", "--out", str(tmp_path / "run"))
    missing = fails(capsys, "search", path, "--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "run"))
    assert "nowhere" in missing


def test_a_folder_without_a_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "digits").mkdir()
    assert "holds no study.journal" in fails(capsys, "front", str(tmp_path / "digits"))
    assert "Did you mean 'digits'?" in fails(capsys, "front", str(tmp_path / "digit"))
    assert "URL#name" in fails(capsys, "front", "sqlite:///x.db")


def test_an_interrupt_inside_exec_still_exits_with_130(tmp_path: Path) -> None:
    """Python remembers such a Ctrl-C, and under ``-m`` it would end the process by signal even though it was caught."""
    (tmp_path / "stopped.py").write_text(
        "from modsearch import cli\n"
        "def stop() -> None:\n"
        "    exec('raise KeyboardInterrupt')\n"
        "cli.app.command('stop')(stop)\n"
        "cli.main(['stop'])\n"
    )
    process = subprocess.run([sys.executable, "-m", "stopped"], cwd=tmp_path, capture_output=True, text=True)
    assert process.stderr == "modsearch: Interrupted.\n"
    assert process.returncode == 130
