"""The loop with several networks out at once: nothing twice, the budget kept, the record whole."""

import errno
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from modsearch.search import Listener, RunPlace, StorageFailed, Study, load_study, open_run
from modsearch.search.execute.assignment import Assignment, Outcome, measure, train
from modsearch.search.execute.loop import Loop
from modsearch.search.store.worker_state import WorkerState, read_workers, write_workers
from tests.conformance import tabulated
from tests.conformance.tabulated import NUM_SMALL, SMALL_SPACE, TabulatedEvaluator, study_spec

SAMPLERS = ("ehvi", "nsga2", "tpe", "random")


def finish(loop: Loop, work: Assignment, evaluator: TabulatedEvaluator) -> Outcome:
    outcome = measure(work, loop.study.spec, evaluator)
    loop.measured(outcome)
    if outcome.state == "running":
        outcome = train(work, outcome, loop.study.spec, evaluator, partial(loop.epoch, work.number))
    loop.end(outcome)
    return outcome


def search(study: Study, evaluator: TabulatedEvaluator, folder: Path, num_workers: int) -> list[int]:
    """Keep so many networks out and bring the newest back first; returns how many were out at each step."""
    loop = Loop(study, folder, Listener())
    out: list[Assignment] = []
    counts = []
    while loop.ending is None:
        while len(out) < num_workers and (work := loop.next()) is not None:
            out.append(work)
        counts.append(len(out))
        if out:
            finish(loop, out.pop(), evaluator)
    assert loop.next() is None
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_budget_is_kept_to_the_network(sampler: str, tmp_path: Path) -> None:
    evaluator = TabulatedEvaluator()
    with open_run(study_spec(sampler=sampler, budget={"trials": 20}), evaluator, RunPlace(tmp_path)) as study:
        counts = search(study, evaluator, tmp_path, num_workers=6)
    assert max(counts) == 6
    assert counts[-7:] == [6, 5, 4, 3, 2, 1, 0]
    assert len(evaluator.trained) == len(set(evaluator.trained)) == 20
    assert sum(trial.state == "complete" and not trial.is_repeat for trial in load_study(str(tmp_path)).trials()) == 20


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_more_workers_than_networks(sampler: str, tmp_path: Path) -> None:
    evaluator = TabulatedEvaluator()
    spec = study_spec(sampler=sampler, space=SMALL_SPACE, budget={"trials": 20})
    with open_run(spec, evaluator, RunPlace(tmp_path)) as study:
        counts = search(study, evaluator, tmp_path, num_workers=9)
    assert counts == [5, 4, 3, 2, 1, 0]
    assert len(evaluator.trained) == len(set(evaluator.trained)) == NUM_SMALL
    trials = load_study(str(tmp_path)).trials()
    assert not any(trial.state == "running" for trial in trials)
    assert len(trials) <= 3 * NUM_SMALL  # an exhausted space is not asked again and again


def test_a_repeat_of_a_running_network_has_no_result(tmp_path: Path) -> None:
    evaluator = TabulatedEvaluator()
    spec = study_spec(sampler="random", space=SMALL_SPACE, budget={"trials": 20})
    with open_run(spec, evaluator, RunPlace(tmp_path)) as study:
        search(study, evaluator, tmp_path, num_workers=9)
    repeats = [trial for trial in load_study(str(tmp_path)).trials() if trial.is_repeat]
    assert repeats
    assert {(trial.state, trial.reason) for trial in repeats} == {
        ("failed", "another trial is scoring the same network")
    }


def test_a_failure_frees_its_place_in_the_budget(tmp_path: Path) -> None:
    evaluator = TabulatedEvaluator(fault="exception", fault_at=(2, 5))
    with open_run(study_spec(), evaluator, RunPlace(tmp_path)) as study:
        search(study, evaluator, tmp_path, num_workers=3)
    states = [trial.state for trial in load_study(str(tmp_path)).trials() if not trial.is_repeat]
    assert (states.count("complete"), states.count("failed")) == (10, 2)


class Notes(Listener):
    """What was said beside the trials."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def on_note(self, text: str) -> None:
        self.texts.append(text)


@pytest.mark.parametrize(("ending", "num_notes"), [("busy", 1), ("budget", 0), ("precise", 0)])
def test_a_busy_machine_is_told_of_once(
    ending: str, num_notes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabulated, "TIMED", tabulated.TIMED.model_copy(update={"ending": ending}))
    evaluator, notes = TabulatedEvaluator(), Notes()
    with open_run(study_spec(budget={"trials": 3}), evaluator, RunPlace(tmp_path)) as study:
        loop = Loop(study, tmp_path, notes)
        while (work := loop.next()) is not None:
            finish(loop, work, evaluator)
    assert len([text for text in notes.texts if text.startswith("This machine is busy")]) == num_notes
    assert len(notes.texts) == num_notes


def test_workers_of_a_dead_driver_are_not_shown_as_ours(tmp_path: Path) -> None:
    with open_run(study_spec(), TabulatedEvaluator(), RunPlace(tmp_path)) as study:
        write_workers(tmp_path, {"host:1": WorkerState(doing="training", since=1e9)})
        Loop(study, tmp_path, Listener())
    assert read_workers(tmp_path) == {}


def test_what_was_out_when_the_driver_died_comes_first(tmp_path: Path) -> None:
    evaluator: Any = TabulatedEvaluator()
    with open_run(study_spec(), evaluator, RunPlace(tmp_path)) as study:
        loop = Loop(study, tmp_path, Listener())
        out = [loop.next() for _ in range(3)]
    with open_run(study_spec(), evaluator, RunPlace(tmp_path)) as study:
        loop = Loop(study, tmp_path, Listener())
        again = [loop.next() for _ in range(3)]
    assert all(out)
    assert [assignment.task.architecture for assignment in again if assignment] == [
        assignment.task.architecture for assignment in out if assignment
    ]


def test_a_network_whose_weights_were_not_kept_is_not_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise StorageFailed(path, OSError(errno.ENOSPC, "No space left on device"))

    evaluator = TabulatedEvaluator()
    with open_run(study_spec(), evaluator, RunPlace(tmp_path)) as study, monkeypatch.context() as patched:
        loop = Loop(study, tmp_path, Listener())
        work = loop.next()
        assert work is not None
        measured = measure(work, study.spec, evaluator)
        trained = train(work, measured, study.spec, evaluator, lambda number, epoch: None)
        patched.setattr("modsearch.search.execute.loop.write_whole", full)
        with pytest.raises(StorageFailed):
            loop.end(trained)  # as a worker's that measures and trains: nothing of it was told before
    with open_run(study_spec(), evaluator, RunPlace(tmp_path)) as study:
        again = Loop(study, tmp_path, Listener()).next()
    assert [trial.state for trial in load_study(str(tmp_path)).trials()] == ["failed", "running"]
    assert again is not None
    assert again.task.architecture == work.task.architecture
