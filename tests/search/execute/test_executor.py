"""Which executor a study gets, and with how many CPUs a trial."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.search import Context, Listener, LocalExecutor, RunPlace, Study, create_executor, open_run
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
