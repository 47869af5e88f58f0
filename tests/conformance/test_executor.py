"""What every executor proposes, trains and records."""

import math
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from modsearch.search import (
    SearchFailed,
)
from tests.conformance.executor import EXECUTORS, SAMPLERS, Run, ids
from tests.conformance.tabulated import (
    CIFAR_SPACE,
    NUM_SMALL,
    SMALL_SPACE,
    SMALL_UNION,
    Fault,
    TabulatedEvaluator,
    accuracy,
    cost,
    study_spec,
)

# --- what is trained ---


@pytest.mark.slow
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_budget_counts_trained_networks_and_none_twice(run: Run, sampler: str) -> None:
    evaluator = TabulatedEvaluator()
    budget = {"trials": 12 if sampler == "gp" else 30}
    assert run.search(study_spec(sampler=sampler, budget=budget), evaluator) == "trials"
    assert len(evaluator.trained) == len(set(evaluator.trained)) == budget["trials"]
    assert ids(run.trials("complete")) == evaluator.trained


@pytest.mark.slow
@pytest.mark.parametrize(("space", "size"), [(SMALL_SPACE, NUM_SMALL), (SMALL_UNION, 2 * NUM_SMALL)])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_small_space_is_used_up(run: Run, sampler: str, space: dict[str, Any], size: int) -> None:
    evaluator = TabulatedEvaluator()
    spec = study_spec(sampler=sampler, space=space, budget={"trials": 20})
    everything = {spec.space.decode(point).id for point in spec.space.points()}
    assert len(everything) == size
    assert run.search(spec, evaluator) == "exhausted"
    assert sorted(evaluator.trained) == sorted(everything)
    assert run.search(spec, evaluator) == "exhausted"
    assert len(evaluator.trained) == size


def test_repeats_are_answered_from_the_record(run: Run) -> None:
    run.search(study_spec(space=SMALL_SPACE))
    trials = run.study.trials()
    repeats = [trial for trial in trials if trial.is_repeat]
    assert repeats
    frozen = run.study.optuna_study.get_trials()
    for trial in repeats:
        first = frozen[frozen[trial.number].user_attrs["repeat_of"]]
        assert trial.architecture is not None
        assert trial.architecture.id == trials[first.number].architecture.id  # type: ignore[union-attr]
        assert (
            frozen[trial.number].values == first.values == [accuracy(trial.architecture), cost(trial.architecture) / 10]
        )


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
    assert all("fixed_params" not in frozen.system_attrs for frozen in run.study.optuna_study.trials)


@pytest.mark.parametrize(("controls", "is_followed"), [(["deleted"], True), ([], False)])
def test_a_mod_network_on_the_front_is_followed_by_its_deleted_form(
    run: Run, controls: list[str], is_followed: bool
) -> None:
    spec = study_spec(space=CIFAR_SPACE, seed_with="published", controls=controls, budget={"trials": 3})
    run.search(spec)
    mod, following = (trial.architecture for trial in run.trials()[1:3])
    assert mod is not None
    assert (following == mod.deleted()) is is_followed


def test_a_deleted_form_outside_the_space_is_not_tried(run: Run) -> None:
    depths = [{"standard": [1, 2], "mod": [1]}] * 3
    space = study_spec().space.model_dump(mode="json") | {"depths": depths, "placements": ["free"]}
    run.search(study_spec(space=space, controls=["deleted"], budget={"trials": 5}))
    assert all(trial.architecture and trial.architecture.num_mod_blocks == 3 for trial in run.trials())


# --- failures ---


def test_a_failing_trial_is_recorded_and_the_search_goes_on(run: Run) -> None:
    evaluator = TabulatedEvaluator(fault="exception", fault_at=(3,))
    assert run.search(study_spec(), evaluator) == "trials"
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
    for frozen in run.study.optuna_study.get_trials(states=(TrialState.COMPLETE,)):
        assert all(map(math.isfinite, frozen.values))


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
    for trial in pruned:
        assert trial.architecture is not None
        assert trial.architecture.id not in evaluator.trained
        assert trial.reason == f"relative_latency is {cost(trial.architecture) / 10:.6g}, over 0.5"
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
