"""A run's folder: who may write to it, and with what a search may be resumed."""

from pathlib import Path
from typing import Any

import optuna
import pytest

from modsearch.record import Environment
from modsearch.search import LocalExecutor, RunPlace, load_study, open_run
from modsearch.search.store.header import HEADER
from modsearch.space import load_spec
from tests.conformance.tabulated import ENVIRONMENT, SMALL_SPACE, TabulatedEvaluator, cost, study_spec


def start(place: RunPlace, trials: int = 2, **overrides: Any) -> TabulatedEvaluator:
    evaluator = TabulatedEvaluator()
    with open_run(study_spec(budget={"trials": trials}, **overrides), evaluator, place) as study:
        LocalExecutor(study, evaluator, place.folder).run()
    return evaluator


def resume(place: RunPlace, evaluator: TabulatedEvaluator | None = None, **overrides: Any) -> None:
    with open_run(study_spec(**overrides), evaluator or TabulatedEvaluator(), place):
        pass


@pytest.fixture
def place(tmp_path: Path) -> RunPlace:
    found = RunPlace(tmp_path / "run")
    start(found)
    return found


@pytest.mark.parametrize(
    ("section", "overrides"),
    [
        ("seed", {"seed": 1}),
        ("space", {"space": SMALL_SPACE}),
        ("fidelity", {"fidelity": {"image_size": 32, "epochs": 3}}),
        ("deployments", {"deployments": {"cpu": {"image_size": 64, "num_classes": 10}}}),
        ("reference", {"reference": "resnet32_cifar"}),
        ("objectives", {"objectives": ["accuracy", "params"]}),
        ("fidelity, seed", {"fidelity": {"image_size": 16, "epochs": 2}, "seed": 1}),
    ],
)
def test_what_changes_results_cannot_be_resumed(place: RunPlace, section: str, overrides: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Study table was started with another ") as error:
        resume(place, **overrides)
    named = str(error.value).partition("another ")[2].partition(":")[0].split(", ")
    assert sorted(named) == section.split(", ")


def test_a_study_with_another_rule_for_ties_is_read_and_not_gone_on_with(place: RunPlace) -> None:
    study = load_study(str(place.folder))
    header = study.header.model_dump(mode="json")
    del header["fingerprint"]["rule for tied channels"]
    study.optuna_study.set_user_attr(HEADER, header)
    assert len(load_study(str(place.folder)).trials()) == len(study.trials()) > 0
    with pytest.raises(ValueError, match=r"was started with another rule for tied channels: .* It can be shown"):
        resume(place)


def test_other_images_and_devices_cannot_be_resumed(place: RunPlace) -> None:
    with pytest.raises(ValueError, match="another data:"):
        resume(place, TabulatedEvaluator(data_hash="other images"))
    with pytest.raises(ValueError, match="another training device:"):
        resume(RunPlace(place.folder, training_device="cuda"))


@pytest.mark.parametrize(
    "overrides",
    [
        {"budget": {"trials": 3}},
        {"sampler": "tpe"},
        {"constraints": [{"metric": "params", "max": 5000}]},
        {"controls": ["deleted"]},
    ],
)
def test_what_changes_no_results_may_change(place: RunPlace, overrides: dict[str, Any]) -> None:
    resume(place, **overrides)
    spec = study_spec(**overrides)
    assert load_study(str(place.folder)).spec == spec == load_spec(str(place.folder / "spec.yaml"))


def test_another_timing_environment_is_refused(place: RunPlace) -> None:
    other = Environment(device="Table B", threads=4, software="formula 1")
    with pytest.raises(ValueError, match=f"{ENVIRONMENT.describe()}; this is {other.describe()}"):
        resume(place, TabulatedEvaluator(environment=other))


def test_a_second_driver_is_turned_away(place: RunPlace) -> None:
    turned_away = pytest.raises(ValueError, match=f"Another search is writing to '{place.folder}'")
    with open_run(study_spec(), TabulatedEvaluator(), place), turned_away:
        resume(place)
    resume(place)


def test_an_error_in_a_search_frees_the_folder(place: RunPlace) -> None:
    with pytest.raises(TimeoutError, match="of something else"), open_run(study_spec(), TabulatedEvaluator(), place):
        raise TimeoutError("of something else")
    resume(place)


def test_a_folder_holds_one_study(place: RunPlace) -> None:
    with pytest.raises(ValueError, match=f"'{place.folder}' holds the study 'table', not 'chair'"):
        resume(place, name="chair")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(ValueError, match="run' cannot be written to: File exists"):
        resume(RunPlace(tmp_path / "run"))


def test_header(place: RunPlace) -> None:
    header = load_study(str(place.folder)).header
    assert header.folder == str(place.folder)
    assert header.environments == {"relative_latency": ENVIRONMENT}
    assert header.hypervolume_reference == (0.1, cost(study_spec().space.costliest()) / 10)
    assert header.first_design == 10


@pytest.mark.parametrize(
    ("path", "overrides"),
    [
        (r"objectives\[1\]", {"objectives": ["accuracy", "peak_memory_mb"]}),
        (r"constraints\[0\]\.metric", {"constraints": [{"metric": "peak_memory_mb", "max": 5}]}),
    ],
)
def test_what_cannot_be_measured_here_is_told_at_the_start(
    tmp_path: Path, path: str, overrides: dict[str, Any]
) -> None:
    """The table has no memory, as a system that does not tell it."""
    rule = rf"^{path} must be one that can be measured here: .*relative_latency.*\. Got 'peak_memory_mb' instead\.$"
    with pytest.raises(ValueError, match=rule):
        start(RunPlace(tmp_path), 1, **overrides)


def test_the_hypervolume_reference_stays(place: RunPlace) -> None:
    before = load_study(str(place.folder)).header
    resume(place)
    assert load_study(str(place.folder)).header.hypervolume_reference == before.hypervolume_reference


def test_metric_names_stand_in_the_study(place: RunPlace) -> None:
    assert load_study(str(place.folder)).optuna_study.metric_names == ["accuracy", "relative_latency"]


def test_a_half_written_last_line_is_cut(place: RunPlace) -> None:
    journal = place.folder / "study.journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code":4,"worker')
    assert len(load_study(str(place.folder)).trials()) == 2  # a reader leaves the file alone
    assert journal.read_bytes() != whole
    start(place, 4)
    assert journal.read_bytes().startswith(whole)
    assert len(load_study(str(place.folder)).trials()) == 4


def test_two_studies_share_a_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    for name in ("table", "chair"):
        start(RunPlace(tmp_path / name, url), name=name)
    assert [load_study(f"{url}#{name}").spec.name for name in ("table", "chair")] == ["table", "chair"]
    with pytest.raises(ValueError, match=r"no study 'tabel', only .*\. Did you mean 'table'\?"):
        load_study(f"{url}#tabel")


def test_a_trial_that_was_queued_but_never_asked_for_is_run(place: RunPlace) -> None:
    space = study_spec().space
    point = space.encode(space.costliest())
    assert point is not None
    load_study(str(place.folder)).optuna_study.enqueue_trial(dict(point))
    assert start(place, 3).trained == [space.costliest().id]


def test_a_study_whose_search_died_as_it_began_is_begun_again(tmp_path: Path) -> None:
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "study.journal"))
    directions = ["maximize", "minimize"]
    storage = optuna.storages.JournalStorage(backend)
    optuna.create_study(study_name=study_spec().name, storage=storage, directions=directions)
    assert len(start(RunPlace(tmp_path), 2).trained) == 2


def test_a_foreign_study_is_no_run(tmp_path: Path) -> None:
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "study.journal"))
    optuna.create_study(study_name="table", storage=optuna.storages.JournalStorage(backend)).ask()
    for attempt in (lambda: load_study(str(tmp_path)), lambda: resume(RunPlace(tmp_path))):
        with pytest.raises(ValueError, match=r"The study 'table' was not made by modsearch\."):
            attempt()
