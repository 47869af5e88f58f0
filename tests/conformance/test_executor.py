"""What must hold of every executor. A new one is a line in EXECUTORS."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from optuna.trial import TrialState

from modsearch.architecture import Architecture
from modsearch.record import Score, Trial
from modsearch.search import (
    Ending,
    Evaluator,
    Listener,
    LocalExecutor,
    RunPlace,
    SearchFailed,
    Study,
    load_study,
    open_run,
)
from modsearch.space import StudySpec
from tests.conformance.tabulated import (
    CIFAR_SPACE,
    NUM_SMALL,
    SMALL_SPACE,
    Fault,
    TabulatedEvaluator,
    accuracy,
    cost,
    study_spec,
)


class Executor(Protocol):
    def run(self) -> Ending: ...


EXECUTORS: dict[str, Callable[[Study, Evaluator, Path, Listener], Executor]] = {
    "local": LocalExecutor,
}
SAMPLERS = ("nsga2", "tpe", "random", "gp")


class Run:
    """A run in one folder, searched as often as a test wants."""

    def __init__(self, executor: str, folder: Path, storage: str | None = None) -> None:
        self.executor = EXECUTORS[executor]
        self.place = RunPlace(folder, storage)

    def search(
        self, spec: StudySpec, evaluator: TabulatedEvaluator | None = None, listener: Listener | None = None
    ) -> Ending:
        evaluator = evaluator or TabulatedEvaluator()
        with open_run(spec, evaluator, self.place) as study:
            return self.executor(study, evaluator, self.place.folder, listener or Listener()).run()

    @property
    def study(self) -> Study:
        url = self.place.storage
        return load_study(f"{url}#table" if url else str(self.place.folder))

    def trials(self, state: str | None = None) -> list[Trial]:
        return [each for each in self.study.trials() if state in (None, each.state) and not each.is_repeat]


@pytest.fixture(params=EXECUTORS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    return Run(request.param, tmp_path / "run")


def ids(trials: list[Trial]) -> list[str]:
    return [each.architecture.id for each in trials if each.architecture is not None]


# --- what is trained ---


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_budget_counts_trained_networks_and_none_twice(run: Run, sampler: str) -> None:
    evaluator = TabulatedEvaluator()
    budget = {"trials": 12 if sampler == "gp" else 30}
    assert run.search(study_spec(sampler=sampler, budget=budget), evaluator) == "budget"
    assert len(evaluator.trained) == len(set(evaluator.trained)) == budget["trials"]
    assert ids(run.trials("complete")) == evaluator.trained


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_small_space_is_used_up(run: Run, sampler: str) -> None:
    evaluator = TabulatedEvaluator()
    spec = study_spec(sampler=sampler, space=SMALL_SPACE)
    everything = {spec.space.decode(point).id for point in spec.space.points()}
    assert len(everything) == NUM_SMALL
    assert run.search(spec, evaluator) == "exhausted"
    assert sorted(evaluator.trained) == sorted(everything)
    assert run.search(spec, evaluator) == "exhausted"
    assert len(evaluator.trained) == NUM_SMALL


def test_repeats_are_answered_from_the_record(run: Run) -> None:
    run.search(study_spec(space=SMALL_SPACE))
    trials = run.study.trials()
    repeats = [each for each in trials if each.is_repeat]
    assert repeats
    frozen = run.study.optuna_study.get_trials()
    for each in repeats:
        first = frozen[frozen[each.number].user_attrs["repeat_of"]]
        assert each.architecture is not None
        assert each.architecture.id == trials[first.number].architecture.id  # type: ignore[union-attr]
        assert frozen[each.number].values == first.values == [accuracy(each.architecture), cost(each.architecture) / 10]


def test_failures_and_violations_do_not_eat_the_budget(run: Run) -> None:
    evaluator = TabulatedEvaluator(fault="exception", fault_at=(2, 5))
    bound = [{"metric": "relative_latency", "max": 0.6}]
    run.search(study_spec(constraints=bound, budget={"trials": 8}), evaluator)
    assert len(run.trials("complete")) == 8
    assert len(run.trials("failed")) == 2
    assert run.trials("pruned")


def test_the_same_seed_gives_the_same_networks(tmp_path: Path) -> None:
    for executor in EXECUTORS:
        found = []
        for folder in ("a", "b"):
            evaluator = TabulatedEvaluator()
            Run(executor, tmp_path / executor / folder).search(study_spec(sampler="nsga2"), evaluator)
            found.append(evaluator.trained)
        assert found[0] == found[1]


# --- wanted networks ---


def test_published_networks_of_the_space_come_first(run: Run) -> None:
    run.search(study_spec(space=CIFAR_SPACE, seed_with="published", budget={"trials": 3}))
    masks = [trial.architecture.describe() for trial in run.trials()[:2] if trial.architecture]
    assert masks[0].endswith("[S S | S S | S S | S S]")
    assert masks[1].endswith("[S M64 | S M64 | S M64 | S M64]")


def test_no_published_networks_when_none_are_wanted(run: Run) -> None:
    run.search(study_spec(space=CIFAR_SPACE, budget={"trials": 3}))
    assert all("fixed_params" not in each.system_attrs for each in run.study.optuna_study.trials)


@pytest.mark.parametrize(("controls", "is_followed"), [(["deleted"], True), ([], False)])
def test_a_mod_network_on_the_front_is_followed_by_its_deleted_form(
    run: Run, controls: list[str], is_followed: bool
) -> None:
    spec = study_spec(space=CIFAR_SPACE, seed_with="published", controls=controls, budget={"trials": 3})
    run.search(spec)
    mod, following = (each.architecture for each in run.trials()[1:3])
    assert mod is not None
    assert (following == mod.without_mod()) is is_followed


def test_a_deleted_form_outside_the_space_is_not_tried(run: Run) -> None:
    depths = [{"standard": [1, 2], "mod": [1]}] * 3
    space = study_spec().space.model_dump(mode="json") | {"depths": depths, "placements": ["free"]}
    run.search(study_spec(space=space, controls=["deleted"], budget={"trials": 5}))
    assert all(each.architecture and each.architecture.num_mod_blocks == 3 for each in run.trials())


# --- failures ---


def test_a_failing_trial_is_recorded_and_the_search_goes_on(run: Run) -> None:
    evaluator = TabulatedEvaluator(fault="exception", fault_at=(3,))
    assert run.search(study_spec(), evaluator) == "budget"
    (failed,) = run.trials("failed")
    assert failed.reason == "RuntimeError: the table has a hole"
    assert failed.architecture is not None
    assert failed.architecture.id == evaluator.trained[2]
    assert len(set(evaluator.trained)) == 11


@pytest.mark.parametrize(
    ("fault", "at", "reason"),
    [("nan accuracy", 3, "accuracy is nan"), ("inf latency", 5, "relative_latency is inf")],
)
def test_values_that_are_no_numbers_never_reach_the_study(run: Run, fault: Fault, at: int, reason: str) -> None:
    run.search(study_spec(), TabulatedEvaluator(fault=fault, fault_at=(at,)))
    (failed,) = run.trials("failed")
    assert (failed.number, failed.reason) == (2, f"ValueError: {reason}")
    for each in run.study.optuna_study.get_trials(states=(TrialState.COMPLETE,)):
        assert all(map(math.isfinite, each.values))


def test_ten_failures_in_a_row_end_the_search(run: Run) -> None:
    evaluator = TabulatedEvaluator(fault="exception", fault_at=(1, *range(3, 100)))
    with pytest.raises(SearchFailed, match=r"10 trials failed in a row, the last one with RuntimeError: the table"):
        run.search(study_spec(), evaluator)
    assert len(evaluator.trained) == 12
    assert len(run.trials("failed")) == 11


# --- constraints ---


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_a_violated_constraint_costs_no_training(run: Run, sampler: str) -> None:
    evaluator = TabulatedEvaluator()
    bound = [{"metric": "relative_latency", "max": 0.5}]
    run.search(study_spec(sampler=sampler, constraints=bound, budget={"trials": 11}), evaluator)
    pruned = run.trials("pruned")
    assert pruned
    for each in pruned:
        assert each.architecture is not None
        assert each.architecture.id not in evaluator.trained
        assert each.reason == f"relative_latency is {cost(each.architecture) / 10:.6g}, over 0.5"
    for frozen in run.study.optuna_study.get_trials():
        violation = frozen.constraints["relative_latency"]
        assert (violation > 0) == (frozen.state is TrialState.PRUNED)


def test_a_raised_bound_lets_a_pruned_network_be_trained(run: Run) -> None:
    bound = {"metric": "relative_latency", "max": 0.31}
    small = study_spec(space=SMALL_SPACE, constraints=[bound])
    assert run.search(small) == "exhausted"
    assert len(run.trials("complete")) == 1
    assert run.search(study_spec(space=SMALL_SPACE)) == "exhausted"
    assert len(run.trials("complete")) == NUM_SMALL


# --- interrupts ---


def test_an_interrupted_network_is_trained_first_by_the_next_search(run: Run) -> None:
    evaluator = TabulatedEvaluator(fault="interrupt", fault_at=(1,))
    spec = study_spec(space=CIFAR_SPACE, seed_with="published", budget={"trials": 6})
    with pytest.raises(KeyboardInterrupt):
        run.search(spec, evaluator)
    (failed,) = run.trials()
    assert (failed.state, failed.reason) == ("failed", "interrupted")
    assert run.search(spec, evaluator) == "budget"
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
    finished = [each for number, each in enumerate(evaluator.trained, 1) if number not in evaluator.fault_at]
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
    assert [each.reason for each in run.study.trials()[2:4]] == ["the search that ran it died"] * 2
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
    mod, control = (each.architecture for each in run.trials()[1:3])
    assert mod is not None
    assert control == mod.without_mod()


# --- what is kept ---


def test_weights_are_written_whole_under_their_name(run: Run) -> None:
    spec = study_spec(budget={"trials": 3})
    run.search(spec)
    files = {path.name: path.read_bytes() for path in (run.place.folder / "weights").iterdir()}
    wanted = ids(run.trials("complete"))
    assert files == {f"{each}-0-{spec.fidelity.tag}.safetensors": each.encode() for each in wanted}


def test_scores_read_back(run: Run) -> None:
    spec, evaluator = study_spec(budget={"trials": 3}), TabulatedEvaluator()
    run.search(spec, evaluator)
    for each in run.trials():
        assert each.architecture is not None
        again = evaluator.measure(each.architecture).merged(evaluator.train(each.architecture, spec.fidelity).score)
        assert each.score == again


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
