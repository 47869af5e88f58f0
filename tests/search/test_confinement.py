"""Names and stored values that would lead a run's files out of its folder, or a reader astray."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from modsearch.architecture import Architecture, preset
from modsearch.message import parse
from modsearch.record import Task
from modsearch.search.store.run_folder import checkpoint_path, weights_path
from modsearch.search.store.worker_state import WORKERS, WorkerState, read_workers, write_workers
from modsearch.space import StudySpec
from tests.conformance.tabulated import study_spec

BAD_NAMES = (
    *("../x", "..", ".", "", "/etc/x", "a/b", "a\\b", "a\0b", "a\nb", "~x", "-x", ".x", "x.", "a b", "$HOME", "é"),
    "x" * 101,
)
WORKER = WorkerState(doing="training", since=1e9, number=3, epoch=2)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_study_has_such_a_name(name: str) -> None:
    data = study_spec().model_dump(mode="json") | {"name": name}
    with pytest.raises(ValueError, match=r"^name must be ") as error:
        parse(StudySpec, data)
    assert error.value.args[0].isprintable()


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_deployment_has_such_a_name(name: str) -> None:
    """It stands in the names of metrics and of later measurements."""
    data = study_spec().model_dump(mode="json")
    data["deployments"] = {name: data["deployments"]["cpu"]}
    with pytest.raises(ValueError, match=r"^deployments"):
        parse(StudySpec, data)


def test_files_are_named_by_digests_alone(tmp_path: Path) -> None:
    task = Task(architecture=preset("resnet20_cifar").architecture, fidelity=study_spec().fidelity)
    for path in (weights_path(tmp_path, task), checkpoint_path(tmp_path, task)):
        assert path.parent.parent == tmp_path
        assert re.fullmatch(r"[0-9a-f]{12}-0-\d+ep-\d+px-[0-9a-f]{6}\.safetensors", path.name)


@pytest.mark.parametrize("field", ["id", "_id", "path"])
def test_a_stored_network_cannot_say_its_own_id(field: str) -> None:
    stored = preset("resnet20_cifar").architecture.model_dump(mode="json")
    with pytest.raises(ValueError, match="has no field"):
        parse(Architecture, stored | {field: "../../x"})


def test_workers_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_workers(tmp_path, {"host:12": WORKER})
    assert read_workers(tmp_path) == {"host:12": WORKER}


@pytest.mark.parametrize(
    "change",
    [
        {"number": -1},
        {"epoch": 0},
        {"since": -1.0},
        {"since": 1e300},
        {"doing": "\x1b[2J"},
        {"more": 1},
        {"number": 10**400},
    ],
)
def test_workers_with_other_values_are_not_shown(change: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / WORKERS).write_text(json.dumps({"host:12": WORKER.model_dump() | change}))
    assert read_workers(tmp_path) == {}


@pytest.mark.parametrize("name", ["\x1b[2Jhost:1", "a\nb", "x" * 301, ""])
def test_workers_of_other_names_are_not_shown(name: str, tmp_path: Path) -> None:
    (tmp_path / WORKERS).write_text(json.dumps({name: WORKER.model_dump()}))
    assert read_workers(tmp_path) == {}


def test_a_huge_file_of_workers_is_not_read(tmp_path: Path) -> None:
    (tmp_path / WORKERS).touch()
    os.truncate(tmp_path / WORKERS, 1 << 40)  # a hole: it takes no room, and no memory would hold it
    assert read_workers(tmp_path) == {}


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / WORKERS)
    assert read_workers(tmp_path) == {}
