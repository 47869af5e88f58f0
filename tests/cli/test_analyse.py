"""``modsearch analyse --selection``, from a tiny search on real images to tables, figures and JSON; its errors."""

import json
import shutil
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.search import load_study
from tests.cli.test_command import TINY, fails, write
from tests.scoring.conftest import shorten


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study with networks that select, that do not, and that have no MoD block."""
    folder = tmp_path_factory.mktemp("selection")
    space = TINY["space"] | {"selections": ["learned", "random"]}  # type: ignore[operator]
    path = write(folder / "space.yaml", space=space, sampler="random", budget={"trials": 6})
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        assert run(["search", path, "--out", str(folder / "tiny"), "--device", "cpu"]) == 0
    return str(folder / "tiny")


def network(study: str, selection: str | None) -> str:
    """The id of a trained network whose MoD blocks have this selection; without any for None."""
    for trial in load_study(study).trials():
        if trial.state == "complete" and trial.architecture is not None:
            mod = [block for stage in trial.architecture.stages for block in stage if block.kind == "mod"]
            if {block.selection for block in mod} == ({selection} if selection else set()):
                return trial.architecture.id
    raise AssertionError(f"the study trained no network with selection {selection}")


@pytest.mark.slow
def test_json_holds_every_channel(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = network(study, "learned")
    chosen = ["--classes", '"3"', "--classes", "7,3"]
    assert run(["analyse", study, "--selection", "--id", id_, *chosen, "--device", "cpu", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    [trial] = [
        candidate for candidate in load_study(study).trials() if candidate.score and candidate.architecture.id == id_
    ][:1]
    assert found["accuracy"] == trial.score.metrics["accuracy"].value  # the very images and weights of the study
    assert found["num_images"] == trial.score.metrics["accuracy"].num_samples
    for block in found["blocks"]:
        assert len(block["pick_rate"]) == block["num_channels"]
        assert sum(block["pick_rate"]) == pytest.approx(block["k"])
        assert sum(block["pick_share"]) == pytest.approx(1)
        assert list(block["pick_rate_by_class"]) == ["3", "7"]
        assert sum(block["pick_rate_by_class"]["7"]) == pytest.approx(block["k"])


def test_tables_and_figures(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plots = [tmp_path / f"selection{suffix}" for suffix in (".html", ".png", ".svg")]
    words = [word for path in plots for word in ("--plot", str(path))]
    assert (
        run(
            [
                "analyse",
                study,
                "--selection",
                "--id",
                network(study, "learned"),
                "--images",
                "50",
                *words,
                "--device",
                "cpu",
            ]
        )
        == 0
    )
    text = capsys.readouterr().out
    assert "which channels the selectors pick" in text
    assert "50 validation images of 10 classes" in " ".join(text.split())
    assert all(path.stat().st_size > 1000 for path in plots)


def test_networks_without_a_choice_are_refused(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    plain, fixed = network(study, None), network(study, "random")
    assert f"{plain} has no MoD block" in fails(capsys, "analyse", study, "--selection", "--id", plain)
    text = fails(capsys, "analyse", study, "--selection", "--id", fixed)
    assert f"{fixed} selects nothing: stage " in text
    assert "drawn once for every image" in text


def test_without_a_choice_it_is_the_most_accurate_network_that_selects(
    study: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyse", study, "--selection", "--images", "20", "--device", "cpu", "--json"]) == 0
    assert network(study, "learned") in capsys.readouterr().out


def test_errors_are_one_line(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = network(study, "learned")
    assert f"Did you mean '{id_}'?" in fails(capsys, "analyse", study, "--selection", "--id", f"{id_}x")
    assert "Got 'seven' instead" in fails(capsys, "analyse", study, "--selection", "--id", id_, "--classes", "7,seven")
    assert "Got '7,\"3' instead" in fails(capsys, "analyse", study, "--selection", "--id", id_, "--classes", '7,"3')
    assert "--images" in fails(capsys, "analyse", study, "--selection", "--id", id_, "--images", "0")
    assert "device must be" in fails(capsys, "analyse", study, "--selection", "--id", id_, "--device", "tpu")
    assert "ends in .html" in fails(capsys, "analyse", study, "--selection", "--id", id_, "--plot", "figure.pdf")
    copy = shutil.copytree(study, tmp_path / "copy")
    for path in copy.glob(f"weights/{id_}*"):
        path.unlink()
    assert f"There are no weights '{copy}/weights/{id_}" in fails(
        capsys, "analyse", str(copy), "--selection", "--id", id_
    )


def test_what_to_analyse_must_be_said(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Say what to analyse: --selection" in fails(capsys, "analyse", study, "--id", network(study, "learned"))
