"""What a page is told of a study: the same that the command line says, to the digit."""

import json
import shutil
from pathlib import Path

import pytest

from modsearch.dashboard.document import advice, comparison, study_document
from modsearch.output import front_json, refined_json, swap_json
from modsearch.search import Adviser, load_study, refined
from tests.conformance.tabulated import study_spec
from tests.dashboard.conftest import WANTED, front_of
from tests.search.refine.refining import search


@pytest.fixture(scope="module")
def values(run: Path) -> dict:
    return json.loads(study_document(str(run)).content)


def test_the_front_is_that_of_the_command_line(run: Path, values: dict) -> None:
    said = json.loads(json.dumps(front_json(front_of(run))))
    columns, metrics = values["networks"]["columns"], values["networks"]["metrics"]
    members = [index for index, standing in enumerate(columns["standing"]) if standing == "front"]
    assert {columns["id"][index] for index in members} == {network["id"] for network in said["networks"]}
    for network in said["networks"]:
        index = columns["id"].index(network["id"])
        for name, measured in network["scores"].items():
            assert {end: metrics[name][end][index] for end in ("value", "low", "high")} == {
                end: measured[end] for end in ("value", "low", "high")
            }
        for name in ("description", "published", "placement", "membership"):
            assert columns[name][index] == network[name]
    assert values["hypervolume"] == said["hypervolume"]
    assert values["words"]["notes"] == said["notes"]


def test_every_network_is_there_once_with_what_became_of_it(run: Path, values: dict) -> None:
    columns = values["networks"]["columns"]
    trials = [trial for trial in load_study(str(run)).trials() if trial.architecture and not trial.is_repeat]
    assert sorted(columns["id"]) == sorted({trial.architecture.id for trial in trials if trial.architecture})
    assert {"front", "dominated", "infeasible"} <= set(columns["standing"])
    assert {len(column) for column in columns.values()} == {values["networks"]["num"]}


def test_trainings_anew_and_pairs_are_those_of_the_command_line(run: Path, values: dict) -> None:
    info = refined(load_study(str(run)))
    assert info is not None
    assert values["refined"] == json.loads(json.dumps(refined_json(info)))
    one, other, value, low, high, basis = values["pairs"][0]
    assert low <= value <= high
    assert basis == "trained anew"
    assert json.loads(comparison(str(run), [one, other])) == [[one, other, value, low, high, basis]]


def test_networks_that_cannot_be_compared(run: Path, values: dict) -> None:
    with pytest.raises(ValueError, match="id must be 2 to 6 different networks"):
        comparison(str(run), values["networks"]["columns"]["id"][:1])
    with pytest.raises(ValueError, match="id must be a network that the study scored"):
        comparison(str(run), [values["networks"]["columns"]["id"][0], "none"])


def test_swaps_are_those_of_the_command_line(run: Path, values: dict) -> None:
    study, knee = load_study(str(run)), values["knee"]
    network = next(
        trial.architecture for trial in study.trials() if trial.architecture and trial.architecture.id == knee
    )
    assert json.loads(advice(str(run), knee)) == json.loads(json.dumps(swap_json(Adviser(study).swaps(network))))
    with pytest.raises(ValueError, match="id must be a network of the study"):
        advice(str(run), "none")


def test_the_revision_is_another_one_where_anything_is_new(run: Path, tmp_path: Path) -> None:
    """Also where another journal takes the place of the one that was read."""
    folder = tmp_path / "run"
    search(folder, study_spec(**WANTED | {"budget": {"trials": 6}}))
    before = study_document(str(folder))
    assert study_document(str(folder)) == before
    assert before.name == "table"
    search(folder, study_spec(**WANTED | {"budget": {"trials": 7}}))
    more = study_document(str(folder))
    assert more.revision != before.revision
    assert json.loads(more.content)["health"]["complete"] == 7
    (folder / "study.journal").unlink()
    shutil.copy(run / "study.journal", folder / "study.journal")
    complete = json.loads(study_document(str(run)).content)["health"]["complete"]
    assert json.loads(study_document(str(folder)).content)["health"]["complete"] == complete != 7


@pytest.mark.parametrize("name", ["#table", ""])
def test_no_password_reaches_a_page(name: str) -> None:
    found = study_document(f"postgresql://me:secret@nowhere.invalid:1/db?password=secret{name}")
    assert b"problem" in found.content
    assert b"secret" not in found.content
    assert found.name == f"postgresql://***@nowhere.invalid:1/db{name}"


def test_a_study_that_is_not_there_gives_a_page_that_helps(tmp_path: Path) -> None:
    found = study_document(str(tmp_path / "none"))
    assert json.loads(found.content)["problem"].startswith("There is no folder")
    (tmp_path / "study.journal").write_text("no journal")
    assert json.loads(study_document(str(tmp_path)).content)["problem"].endswith("holds no study.")
