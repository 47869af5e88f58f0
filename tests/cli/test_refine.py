"""``modsearch refine``, and what the other verbs show of it; bad input is one line."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from modsearch.cli import run
from tests.cli.test_command import fails, write
from tests.scoring.conftest import shorten

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

QUICK = {"timing": {"processes": 1, "seconds": 0}}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A run of six networks that was refined."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        space = write(folder / "space.yaml", budget={"trials": 6}, **QUICK)
        assert run(["search", space, "--out", str(folder / "tiny"), "--device", "cpu"]) == 0
        assert run(["refine", str(folder / "tiny"), "--seeds", "2", "--device", "cpu"]) == 0
        yield str(folder / "tiny")


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert run(arguments) == 0
    return capsys.readouterr().out


def test_it_says_who_belongs_on_the_front(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(capsys, "refine", study, "--show", "--plot", str(tmp_path / "trust.png"))
    for words in ("trained anew", "P(front)", "P(within)", "members gain", "How well the search orders networks"):
        assert words in said
    assert (tmp_path / "trust.png").stat().st_size > 10_000


def test_json_agrees_with_every_other_verb(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(shown(capsys, "refine", study, "--show", "--json"))
    networks = {network["id"]: network for network in found["networks"]}
    for member in json.loads(shown(capsys, "front", study, "--json"))["networks"]:
        assert member["membership"] == networks[member["id"]]["membership"] is not None
        described = json.loads(shown(capsys, "describe", study, "--id", member["id"], "--json"))
        assert described["refined"]["accuracy"] == networks[member["id"]]["accuracy"]
    refined = json.loads(shown(capsys, "status", study, "--json"))["refined"]
    assert refined == {
        "networks": len(networks),
        "trainings": sum(network["num_replicates"] for network in networks.values()),
    }
    assert all(network["num_replicates"] == 2 for network in networks.values())


def test_single_swaps_of_a_network(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = json.loads(shown(capsys, "front", study, "--json"))["networks"][-1]["id"]
    found = json.loads(shown(capsys, "describe", study, "--id", chosen, "--swaps", "--json"))["swaps"]
    assert found["id"] == chosen
    assert found["num_unknown"] > 0
    said = shown(capsys, "describe", study, "--id", chosen, "--swaps")
    assert "Single swaps" in said
    for effect in found["effects"]:
        assert effect["id"] in said
        assert effect["accuracy"]["low"] <= effect["accuracy"]["value"] <= effect["accuracy"]["high"]
    assert "Nothing is known of" in said.replace("\n", " ")
    assert "--swaps asks for what a study found, and 'resnet18_mod' is none." in fails(
        capsys, "describe", "resnet18_mod", "--swaps"
    )


def test_tables_show_it_too(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    front = shown(capsys, "front", study)
    assert "(front)" in front
    assert "trained anew" in shown(capsys, "describe", study)
    assert "trained anew" in shown(capsys, "status", study)


def test_the_same_command_trains_nothing_twice(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = json.loads(shown(capsys, "refine", study, "--show", "--json"))
    again = shown(capsys, "refine", study, "--seeds", "2", "--device", "cpu", "--json")
    assert json.loads(again) == before  # progress goes to stderr


def test_controls_are_trained_by_the_same_recipe(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = str(shutil.copytree(study, tmp_path / "copy"))
    networks = json.loads(shown(capsys, "refine", copy, "--show", "--json"))["networks"]
    light = next(network["id"] for network in networks if "M" in network["description"].partition("[")[2])
    asked = ("refine", copy, "--controls", "--id", light, "--seeds", "2", "--device", "cpu", "--json")
    found = {network["id"]: network for network in json.loads(shown(capsys, *asked))["networks"]}
    controls = found[light]["controls"]
    assert set(controls) == {"deleted", "random", "first", "first_scored", "narrow"}
    assert all(held["num_replicates"] == 2 for held in controls.values())
    assert "Held against" in shown(capsys, "refine", copy, "--show")
    assert "against its narrow control" in shown(capsys, "describe", copy, "--id", light)


def test_another_fidelity_is_kept_beside_it(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = str(shutil.copytree(study, tmp_path / "copy"))
    before = json.loads(shown(capsys, "refine", copy, "--show", "--json"))
    asked = ("--seeds", "2", "--fidelity", "epochs=2", "--json")
    assert "has no training anew of this fidelity yet" in fails(
        capsys, "refine", copy, "--show", "--fidelity", "epochs=2"
    )
    longer = json.loads(shown(capsys, "refine", copy, *asked, "--device", "cpu"))
    assert longer["fidelity"]["epochs"] == 2
    assert json.loads(shown(capsys, "refine", copy, "--show", *asked)) == longer
    assert json.loads(shown(capsys, "refine", copy, "--show", "--json")) == before
    assert "2 epochs at 8 px" in shown(capsys, "refine", copy, "--show", "--fidelity", "epochs=2")


def test_bad_input_is_one_line(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "greater than or equal to 2" in fails(capsys, "refine", study, "--seeds", "1")
    assert "--hours must be more than 0" in fails(capsys, "refine", study, "--hours", "0")
    assert "the time of the shortest training" in fails(capsys, "refine", study, "--hours", "1e-9")
    assert "--id must be a network that the study scored" in fails(capsys, "refine", study, "--id", "abc")
    assert "fidelity.epochs must be" in fails(capsys, "refine", study, "--fidelity", "epochs=none")
    assert "Did you mean 'epochs'?" in fails(capsys, "refine", study, "--fidelity", "epoch=3")
    assert "--fidelity must be FIELD=VALUE" in fails(capsys, "refine", study, "--fidelity", "long.yaml")
    assert "--fidelity epochs={: is not valid YAML" in fails(capsys, "refine", study, "--fidelity", "epochs={")
    assert "There is no folder" in fails(capsys, "refine", str(tmp_path / "nothing"))
    assert "ends in .png or .svg" in fails(capsys, "refine", study, "--show", "--plot", str(tmp_path / "x.html"))
    assert "--workers needs --executor ray" in fails(capsys, "refine", study, "--workers", "2", "--device", "cpu")


def test_other_images_are_refused(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    for name in "0123456789":
        (tmp_path / "images" / name).mkdir(parents=True)
        for index in range(20):
            Image.new("RGB", (8, 8), (index, 0, 0)).save(tmp_path / "images" / name / f"{index}.png")
    capsys.readouterr()
    assert run(["refine", study, "--data", str(tmp_path / "images"), "--device", "cpu"]) == 2
    told = "Study tiny was searched with other images: give the same ones with --data."
    assert told in capsys.readouterr().err
