"""Later measurements in a study: kept, read, refused; what a storage says that cannot be; confirmation."""

import json
from pathlib import Path
from typing import Any

import pytest

from modsearch.architecture import Architecture
from modsearch.record import Missed, Remeasurement, Score
from modsearch.search import (
    RunPlace,
    awaited,
    confirm,
    load_study,
    mend,
    open_for_remeasurement,
    open_run,
    read_remeasurements,
    read_results,
    reported,
    time_each,
)
from modsearch.search.retime.timing import read_job
from tests.conformance.remeasured import (
    ELSEWHERE,
    job,
    keep,
    measure_at,
    predicted,  # noqa: F401
    remeasured_score,
    remeasurement,
    search,
    search_by_prediction,
)
from tests.conformance.tabulated import ENVIRONMENT, SMALL_SPACE, TabulatedEvaluator, study_spec
from tests.conformance.tabulated import SPACE as ANY_SPACE

SPACE = study_spec(space=SMALL_SPACE).space
NETWORKS = tuple({network.id: network for network in map(SPACE.decode, SPACE.points())}.values())
FIRST, SECOND = NETWORKS[:2]


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["journal", "database"])
def test_kept_and_read(storage: str, tmp_path: Path) -> None:
    target = search(tmp_path / "run", f"sqlite:///{tmp_path}/runs.db" if storage == "database" else None)
    before = load_study(target).trials()
    keep(target, remeasurement(FIRST), remeasurement(SECOND, base=None))
    keep(target, remeasurement(FIRST, place="elsewhere"))
    found = read_remeasurements(load_study(target), "cpu-b16")
    assert found == [remeasurement(FIRST), remeasurement(SECOND)]  # the first deployment is the one that is meant
    assert len(read_remeasurements(load_study(target))) == 3
    assert load_study(target).trials() == before
    assert mend(target) == []
    search(tmp_path / "run", f"sqlite:///{tmp_path}/runs.db" if storage == "database" else None)  # goes on
    assert len(read_remeasurements(load_study(target))) == 3


@pytest.mark.slow
def test_nothing_is_written_beside_a_search(tmp_path: Path) -> None:
    target = search(tmp_path)
    at_work = pytest.raises(ValueError, match="Another search is writing to")
    with open_run(study_spec(space=SMALL_SPACE), TabulatedEvaluator(), RunPlace(tmp_path)), at_work:
        keep(target, remeasurement(FIRST))


def test_a_half_written_line_is_cut_off_first(tmp_path: Path) -> None:
    target = search(tmp_path)
    with (tmp_path / "study.journal").open("ab") as file:
        file.write(b'{"op_code":4')
    keep(target, remeasurement(FIRST))
    assert read_remeasurements(load_study(target)) == [remeasurement(FIRST)]


def test_what_does_not_compare_is_refused(tmp_path: Path) -> None:
    target = search(tmp_path)
    keep(target, remeasurement(FIRST))
    other = remeasurement(SECOND, score=remeasured_score(SECOND, where=ENVIRONMENT))
    with pytest.raises(
        ValueError, match=r"was timed on Table B, .*; this is Table A, .* give another place with --name"
    ):
        keep(target, other)
    wider = remeasurement(SECOND).deployment.model_copy(update={"batch_size": 17})
    with pytest.raises(ValueError, match=r"'cpu-b16' is batch_size 16\. Got 'batch_size 17' instead"):
        keep(target, remeasurement(SECOND, deployment=wider))
    with pytest.raises(ValueError, match=r"deployment must be batch_size 1, as the study's cpu\. Got 'batch_size 16'"):
        keep(target, remeasurement(SECOND, place="cpu"))
    with pytest.raises(ValueError, match=r"reference must be 'resnet20_cifar', the study's"):
        keep(target, remeasurement(SECOND, reference="resnet18_cifar"))
    assert read_remeasurements(load_study(target)) == [remeasurement(FIRST)]


def damage(folder: Path, old: str, new: str) -> None:
    """Change the last entry of the journal."""
    lines = (folder / "study.journal").read_text().splitlines(keepends=True)
    assert old in lines[-1]
    (folder / "study.journal").write_text("".join([*lines[:-1], lines[-1].replace(old, new, 1)]))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"num_samples":3', '"num_samples":0'),
        ('"relative_latency":', '"latency_ms":'),
        ('"base":"cpu"', '"base":"gpu"'),
        ('"place":"cpu-b16"', '"place":"cpu-b17"'),
        ('"device":"cpu"', '"device":7'),
        ('"score":{', '"score":7,"more":{'),
        ('"environment":{', '"environment":null,"more":{'),
        ("later/cpu-b16/", "later/"),
    ],
)
def test_a_damaged_entry_is_named_and_removed(old: str, new: str, tmp_path: Path) -> None:
    target = search(tmp_path)
    keep(target, remeasurement(FIRST), remeasurement(SECOND))
    damage(tmp_path, old, new)
    with pytest.raises(ValueError, match=rf"study table\.'later/.*{SECOND.id}'"):
        read_remeasurements(load_study(target))
    name = f"later/{'' if 'later/' in old else 'cpu-b16/'}{SECOND.id}"
    assert [finding.text for finding in mend(target)] == [f"removed '{name}', a later measurement that was damaged"]
    assert mend(target) == []
    assert read_remeasurements(load_study(target)) == [remeasurement(FIRST)]
    keep(target, remeasurement(SECOND))
    assert len(read_remeasurements(load_study(target))) == 2


def test_a_newer_entry_is_refused_and_kept(tmp_path: Path) -> None:
    target = search(tmp_path)
    keep(target, remeasurement(FIRST))
    damage(tmp_path, '{"schema_version":1', '{"schema_version":9')
    for opener in (lambda: read_remeasurements(load_study(target)), lambda: mend(target)):
        with pytest.raises(ValueError, match=r"is of version 9, and this modsearch reads versions up to 1"):
            opener()


def test_one_that_cannot_be_timed_does_not_stop_the_others() -> None:
    def measure(network: Architecture) -> Score:
        if network is SECOND:
            raise RuntimeError("CUDA out of memory. Tried to allocate 7 GiB")
        return remeasured_score(network)

    found = list(time_each(job(NETWORKS[:3]), measure))
    assert [isinstance(result, Remeasurement) for result in found] == [True, False, True]
    assert isinstance(found[1], Missed)
    assert f"{SECOND.id} wants more memory than there is. Give a smaller --batch-size." in found[1].reason


def test_a_place_that_there_is_not_stops_at_once() -> None:
    def measure(network: Architecture) -> Score:
        raise ValueError("deployment.runtime must be installed.")

    with pytest.raises(ValueError, match=r"deployment\.runtime must be installed"):
        list(time_each(job(NETWORKS), measure))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", r"^r\.json: line 2 must be valid JSON"),
        ("[" * 5000, r"^r\.json: line 2 must be valid JSON"),
        ("7", r"^r\.json: line 2 must be a mapping"),
        ('{"schema_version":3}', r"^r\.json: line 2 is of version 3"),
        ('{"reason":"no","place":"x"}', r"^r\.json: line 2\.architecture_id must be given"),
        (
            remeasurement(FIRST).model_dump_json().replace('"num_samples":3', '"num_samples":-3'),
            r"^r\.json: line 2\.score\.metrics",
        ),
    ],
)
def test_lines_that_are_no_result(line: str, told: str) -> None:
    good = remeasurement(FIRST).model_dump_json().encode()
    with pytest.raises(ValueError, match=told):
        list(read_results([good, line.encode()], "r.json"))


def test_jobs_and_lists_are_read() -> None:
    asked = job(NETWORKS)
    assert read_job(asked.model_dump_json().encode(), "job") == asked
    form = FIRST.model_dump(mode="json")
    twice = json.dumps([form, {"id": "x", "architecture": SECOND.model_dump(mode="json"), "scores": {}}, form])
    assert read_job(twice.encode(), "list") == [FIRST, SECOND]
    with pytest.raises(ValueError, match=r"^list\[1\]\.backbone must be"):
        read_job(json.dumps([form, form | {"backbone": "chair"}]).encode(), "list")


def networks_of(scores: list[Any]) -> set[str]:
    return {trial.architecture.id for trial in scores if trial.state == "complete" and not trial.is_repeat}


@pytest.mark.usefixtures("predicted")
def test_predicted_members_are_measured_until_none_is_left(tmp_path: Path) -> None:
    target = search_by_prediction(tmp_path, ANY_SPACE)
    assert networks_of(reported(load_study(target))[0]) == set()
    with open_for_remeasurement(target) as study:
        num_first = len(awaited(study))
        found = list(confirm(study, measure_at))
        assert len(found) > num_first >= 1  # MoD blocks are dearer than predicted, which lets others onto the front
        assert awaited(study) == []
        trials = [trial for trial in reported(study)[0] if trial.state == "complete" and not trial.is_repeat]
        assert networks_of(trials) == {remeasurement.architecture_id for remeasurement in found}
        assert list(confirm(study, measure_at)) == []
    for trial in trials:
        assert trial.score is not None
        assert trial.architecture is not None
        latency = remeasured_score(trial.architecture).metrics["relative_latency"].value
        assert trial.score.metrics["relative_latency"].value == latency


@pytest.mark.usefixtures("predicted")
def test_what_cannot_be_confirmed_is_tried_once(tmp_path: Path) -> None:
    target = search_by_prediction(tmp_path)
    calls: list[str] = []

    def measure(architecture: Architecture, *_: object) -> Score:
        calls.append(architecture.id)
        raise RuntimeError("no luck")

    with open_for_remeasurement(target) as study:
        found = list(confirm(study, measure))
        assert calls == [remeasurement.architecture_id for remeasurement in found]
        assert len(set(calls)) == len(calls) == len(awaited(study))


@pytest.mark.usefixtures("predicted")
def test_a_study_is_confirmed_where_it_was_timed(tmp_path: Path) -> None:
    target = search_by_prediction(tmp_path)
    with open_for_remeasurement(target) as study:
        results = confirm(study, lambda network, place, *_: remeasured_score(network, place, ELSEWHERE))
        next(results)
    with open_for_remeasurement(target) as study, pytest.raises(ValueError, match="this is Table A"):
        list(confirm(study, measure_at))
