"""What every executor does about interrupts, and what it leaves behind."""

from pathlib import Path
from typing import Any

import pytest

from modsearch.architecture import Architecture
from modsearch.record import Score, Task, Trial
from modsearch.search import (
    Listener,
)
from tests.conformance.executor import EXECUTORS, Run, ids
from tests.conformance.tabulated import (
    CIFAR_SPACE,
    TabulatedEvaluator,
    study_spec,
)

# --- interrupts ---


def test_an_interrupted_network_is_trained_first_by_the_next_search(run: Run) -> None:
    evaluator = TabulatedEvaluator(fault="interrupt", fault_at=(1,))
    spec = study_spec(space=CIFAR_SPACE, seed_with="published", budget={"trials": 6})
    with pytest.raises(KeyboardInterrupt):
        run.search(spec, evaluator)
    (failed,) = run.trials()
    assert (failed.state, failed.reason) == ("failed", "interrupted")
    assert run.search(spec, evaluator) == "trials"
    assert evaluator.trained[0] == evaluator.trained[1]
    assert len(set(evaluator.trained)) == 6
    assert len(run.trials("complete")) == 6


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_an_interrupted_search_repeats_no_finished_network(run: Run, sampler: str) -> None:
    evaluator = TabulatedEvaluator(fault="interrupt", fault_at=(4, 9, 10))
    spec = study_spec(sampler=sampler, budget={"trials": 15})
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            run.search(spec, evaluator)
    run.search(spec, evaluator)
    finished = [id_ for number, id_ in enumerate(evaluator.trained, 1) if number not in evaluator.fault_at]
    assert len(finished) == len(set(finished)) == 15
    assert ids(run.trials("complete")) == finished


def test_a_trial_that_a_killed_driver_left_running_is_run_again(run: Run) -> None:
    spec = study_spec(budget={"trials": 5})
    run.search(study_spec(budget={"trials": 2}))
    left = spec.space.costliest()
    study = run.study.optuna_study
    study.ask().set_user_attr("architecture", left.model_dump(mode="json"))
    study.ask()  # died before it had a network
    evaluator = TabulatedEvaluator()
    run.search(spec, evaluator)
    assert evaluator.trained[0] == left.id
    assert len(evaluator.trained) == 3
    assert [trial.reason for trial in run.study.trials()[2:4]] == ["the search that ran it died"] * 2
    assert not run.trials("running")


def test_a_larger_budget_goes_on(run: Run) -> None:
    evaluator = TabulatedEvaluator()
    for budget in (4, 4, 20):
        run.search(study_spec(sampler="nsga2", budget={"trials": budget}), evaluator)
        assert len(evaluator.trained) == len(set(evaluator.trained)) == budget
    assert run.study.spec.budget.trials == 20


def test_a_control_that_a_killed_driver_owed_is_run(run: Run) -> None:
    spec = study_spec(space=CIFAR_SPACE, seed_with="published", controls=["deleted"], budget={"trials": 2})
    run.search(spec)
    run.search(spec.with_overrides({"budget": {"trials": 3}}))
    mod, control = (trial.architecture for trial in run.trials()[1:3])
    assert mod is not None
    assert control == mod.deleted()


# --- what is kept ---


def test_weights_are_written_whole_under_their_name(run: Run) -> None:
    spec = study_spec(budget={"trials": 3})
    run.search(spec)
    files = {path.name: path.read_bytes() for path in (run.place.folder / "weights").iterdir()}
    wanted = ids(run.trials("complete"))
    assert files == {f"{id_}-0-{spec.fidelity.tag}.safetensors": id_.encode() for id_ in wanted}


def test_scores_read_back(run: Run) -> None:
    spec, evaluator = study_spec(budget={"trials": 3}), TabulatedEvaluator()
    run.search(spec, evaluator)
    for trial in run.trials():
        assert trial.architecture is not None
        again = evaluator.measure(trial.architecture).merged(
            evaluator.train(Task(architecture=trial.architecture, fidelity=spec.fidelity)).score
        )
        assert trial.score == again


def test_listeners_hear_of_every_step(run: Run) -> None:
    class Ear(Listener):
        def __init__(self) -> None:
            self.heard: list[Any] = []

        def on_start(self, trials: list[Trial]) -> None:
            self.heard.append(("start", len(trials)))

        def on_trial(self, number: int, architecture: Architecture) -> None:
            self.heard.append(("trial", number))

        def on_measured(self, number: int, score: Score) -> None:
            self.heard.append(("measured", number, sorted(score.metrics)))

        def on_epoch(self, number: int, epoch_number: int, epoch: Any) -> None:
            self.heard.append(("epoch", number, epoch_number))

        def on_end(self, trial: Trial) -> None:
            self.heard.append(("end", trial.number, trial.state))

    ear = Ear()
    run.search(study_spec(budget={"trials": 1}), listener=ear)
    measured = ("measured", 0, ["params", "relative_latency"])
    epochs = [("epoch", 0, 1), ("epoch", 0, 2)]
    assert ear.heard == [("start", 0), ("trial", 0), measured, *epochs, ("end", 0, "complete")]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_database_works_as_a_journal_does(executor: str, tmp_path: Path) -> None:
    run = Run(executor, tmp_path / "run", f"sqlite:///{tmp_path}/studies.db")
    evaluator = TabulatedEvaluator(fault="interrupt", fault_at=(2,))
    with pytest.raises(KeyboardInterrupt):
        run.search(study_spec(budget={"trials": 4}), evaluator)
    run.search(study_spec(budget={"trials": 4}), evaluator)
    assert evaluator.trained[1] == evaluator.trained[2]
    assert len(run.trials("complete")) == 4
    assert not (tmp_path / "run" / "study.journal").exists()
    assert len(list((tmp_path / "run" / "weights").iterdir())) == 4
