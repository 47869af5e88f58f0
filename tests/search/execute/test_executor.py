"""Which executor a study gets, and with how many CPUs a trial."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from modsearch.cli import run
from modsearch.search import Context, Listener, LocalExecutor, RunPlace, Study, create_executor, open_run
from modsearch.search.execute.executor import EXECUTORS
from modsearch.space import Executor
from tests.cli.test_command import write
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

pytestmark = pytest.mark.ray

THREADS = {"fidelity": {"image_size": 32, "epochs": 2, "threads": 3}}


class Noting(Listener):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def on_note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def study(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Study]:
    spec = study_spec(**THREADS, executor=request.param)
    with open_run(spec, TabulatedEvaluator(), RunPlace(tmp_path)) as opened:
        yield opened


def context(study: Study, listener: Listener) -> Context:
    return Context(study, TabulatedEvaluator(), TabulatedEvaluator, Path(), listener)


@pytest.mark.parametrize("study", [{"kind": "local"}], indirect=True)
def test_a_local_one(study: Study) -> None:
    assert isinstance(create_executor(context(study, Listener())), LocalExecutor)


@pytest.mark.parametrize(
    ("study", "num_cpus", "is_noted"),
    [
        ({"kind": "ray"}, 3, False),
        ({"kind": "ray", "gpus_per_trial": 0.5}, 1, False),
        ({"kind": "ray", "cpus_per_trial": 4}, 4, False),
        ({"kind": "ray", "cpus_per_trial": 1.5}, 1.5, True),
        ({"kind": "ray", "cpus_per_trial": 2, "gpus_per_trial": 1}, 2, False),
    ],
    indirect=["study"],
)
def test_a_trial_holds_the_cpus_that_its_threads_run_on(study: Study, num_cpus: float, is_noted: bool) -> None:
    from modsearch.search.execute.ray import RayExecutor

    listener = Noting()
    executor = create_executor(context(study, listener))
    assert isinstance(executor, RayExecutor)
    assert executor.settings.resources["CPU"] == num_cpus
    assert [note.startswith("A training has 3 threads (fidelity.threads) on 1.5 CPUs") for note in listener.notes] == (
        [True] if is_noted else []
    )


def test_a_study_of_the_first_release_names_visits() -> None:
    assert study_spec(executor={"kind": "ray", "trials_per_visit": 4}) == study_spec(executor={"kind": "ray"})


def test_every_kind_of_executor_is_registered() -> None:
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(Executor)[0])}
    assert kinds == EXECUTORS.keys()


def test_a_cluster_that_is_not_there_is_said_before_anything_is_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("modsearch.search.open_run", None)
    space = write(tmp_path / "space.yaml", executor={"kind": "ray", "address": "127.0.0.1:1"})
    assert run(["search", space, "--device", "cpu", "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("modsearch: No Ray cluster can be reached at '127.0.0.1:1': ")
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()
