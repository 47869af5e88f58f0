"""Names and paths cannot leave the folder that the user named."""

import json
from pathlib import Path
from typing import Any

import pytest

from modsearch.message import parse
from modsearch.search import LocalExecutor, RunPlace, load_study, open_run
from modsearch.search.store.run_folder import JOURNAL
from modsearch.space import StudySpec
from tests.conformance.tabulated import SMALL_SPACE, TabulatedEvaluator, study_spec

pytestmark = pytest.mark.slow


def search(folder: Path, trials: int = 2) -> None:
    evaluator = TabulatedEvaluator()
    with open_run(study_spec(space=SMALL_SPACE, budget={"trials": trials}), evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def rewrite(folder: Path, changes: dict[str, Any]) -> None:
    """Change the header that the journal holds."""
    entries = [json.loads(line) for line in (folder / JOURNAL).read_text().splitlines()]
    for entry in entries:
        if "modsearch" in entry.get("user_attr", {}):
            entry["user_attr"]["modsearch"] |= changes
    (folder / JOURNAL).write_text("".join(json.dumps(journal_entry) + "\n" for journal_entry in entries))


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "",
        "../x",
        "a/b",
        "a\\b",
        "/x",
        "~",
        "-x",
        ".x",
        "a.",
        "a b",
        "a\n",
        "a\x00",
        "é",
        "C:x",
        "x" * 101,
    ],
)
def test_a_name_that_is_no_plain_folder_name(name: str) -> None:
    data = study_spec().model_dump(mode="json") | {"name": name}
    with pytest.raises(ValueError, match=r"^name must be .{1,200} Got .{1,90} instead\.$"):
        parse(StudySpec, data)


@pytest.mark.parametrize("name", ["a", "0", "a.b", "A-1_b.c", "control", "com10", "x" * 100])
def test_a_name_that_is_one(name: str) -> None:
    assert study_spec(name=name).name == name


def test_a_search_writes_below_its_folder_alone(tmp_path: Path) -> None:
    search(tmp_path / "a" / "run")
    weights = {f"a/run/weights/{path.name}" for path in (tmp_path / "a" / "run" / "weights").iterdir()}
    assert len(weights) == 2
    expected = {f"a/run/{name}" for name in ("spec.yaml", JOURNAL)} | weights
    assert expected <= files(tmp_path) <= expected | {"a/run/driver.lock"}


@pytest.mark.parametrize("name", ["spec.yaml", JOURNAL, "weights", "driver.lock", "weights/x.part", "circle"])
def test_a_link_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "run"
    outside.mkdir()
    (outside / "kept").write_text("precious")
    (folder / name).parent.mkdir(parents=True)
    (folder / name).symlink_to(outside if name == "weights" else outside / "kept")
    with pytest.raises(ValueError, match=rf"{name} must be inside of the run's folder\. Got '\S+' instead\.$"):
        search(folder)
    assert files(outside) == {"kept"}
    assert (outside / "kept").read_text() == "precious"


def test_links_inside_and_links_to_the_folder_are_fine(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "circle").symlink_to("circle")
    (tmp_path / "run" / "latest").symlink_to("spec.yaml")
    (tmp_path / "link").symlink_to("run")
    search(tmp_path / "link")
    assert (tmp_path / "run" / JOURNAL).is_file()


def test_the_folder_that_a_journal_names_is_not_written_to(tmp_path: Path) -> None:
    folder, outside = tmp_path / "run", tmp_path / "outside"
    search(folder)
    rewrite(folder, {"folder": str(outside)})
    outside.mkdir()
    search(folder, trials=4)
    assert not files(outside)
    assert load_study(str(folder)).header.folder == str(folder)


def test_file_names_of_weights_come_from_the_network_not_from_the_storage(tmp_path: Path) -> None:
    search(tmp_path / "run")
    for trial in load_study(str(tmp_path / "run")).trials():
        assert trial.architecture is not None
        assert len(trial.architecture.id) == 12
        assert int(trial.architecture.id, 16) >= 0
        assert list((tmp_path / "run" / "weights").glob(f"{trial.architecture.id}-0-*.safetensors"))
