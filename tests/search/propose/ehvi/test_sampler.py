"""What the sampler proposes."""

from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from modsearch.search.propose.ehvi import EhviSampler
from modsearch.search.propose.ehvi.observation import Aim
from tests.conformance.executor import Run, ids
from tests.conformance.tabulated import TabulatedEvaluator, cost, study_spec
from tests.search.propose.ehvi.plain import AIM, DISTRIBUTIONS, NUM_POINTS, asked, objective, pool, study, values


@pytest.mark.parametrize("known", [None, {"cost": [float(x + 1) for x in range(NUM_POINTS)]}])
def test_each_network_is_proposed_once_and_then_any(known: Any) -> None:
    found = study(EhviSampler(pool(known), AIM, seed=0))
    found.optimize(objective, n_trials=NUM_POINTS)
    assert sorted(asked(found)) == list(range(NUM_POINTS))
    found.optimize(objective, n_trials=3)
    assert len(found.trials) == NUM_POINTS + 3


def test_dominated_networks_come_last() -> None:
    found = study(EhviSampler(pool({"cost": [float(x + 1) for x in range(NUM_POINTS)]}), AIM, seed=0))
    found.optimize(objective, n_trials=NUM_POINTS)
    first, last = asked(found)[:6], asked(found)[-1]
    assert last == 10, "10 costs more than 8 and is no better, and was not among the first"
    assert last not in first


def test_workers_that_ask_at_once_get_different_networks() -> None:
    found = study(EhviSampler(pool(), AIM, seed=0))
    found.optimize(objective, n_trials=6)
    running = [found.ask(DISTRIBUTIONS) for _ in range(NUM_POINTS - 6)]
    assert sorted(asked(found)) == list(range(NUM_POINTS))
    found.tell(running[0], state=TrialState.FAIL)
    found.tell(running[1], values(running[1].params["x"]))


def test_workers_that_ask_before_anything_is_known_get_different_networks() -> None:
    found = study(EhviSampler(pool(), AIM, seed=0))
    for _ in range(NUM_POINTS):
        found.ask(DISTRIBUTIONS)
    assert sorted(asked(found)) == list(range(NUM_POINTS))


def test_failed_and_pruned_networks_are_not_proposed_again() -> None:
    found = study(EhviSampler(pool(), AIM, seed=0))
    for state in [TrialState.FAIL, TrialState.PRUNED] * 5:
        found.tell(found.ask(DISTRIBUTIONS), state=state)
    assert len(set(asked(found))) == 10


def test_the_same_seed_proposes_the_same_networks_and_another_one_others() -> None:
    runs = []
    for seed in (0, 0, 1):
        found = study(EhviSampler(pool(), AIM, seed=seed))
        found.optimize(objective, n_trials=8)
        runs.append(asked(found))
    assert runs[0] == runs[1] != runs[2]


def test_enqueued_points_come_first_and_count() -> None:
    found = study(EhviSampler(pool(), AIM, seed=0))
    for x in (7, 3):
        found.enqueue_trial({"x": x, "sign": 1})
    found.optimize(objective, n_trials=NUM_POINTS)
    assert asked(found)[:2] == [7, 3]
    assert len(set(asked(found))) == NUM_POINTS


def test_another_sampler_of_the_study_goes_on_where_the_first_stopped() -> None:
    found = study(EhviSampler(pool(), AIM, seed=0))
    found.optimize(objective, n_trials=7)
    found.sampler = EhviSampler(pool(), AIM, seed=1)
    found.optimize(objective, n_trials=NUM_POINTS - 7)
    assert sorted(asked(found)) == list(range(NUM_POINTS))


def test_predicted_violators_are_avoided() -> None:
    aim = Aim(("accuracy", "cost"), "accuracy", 0.0, {"memory": 6.5}, lambda trial: trial.user_attrs.get("score", {}))
    found = study(EhviSampler(pool(), aim, seed=0))

    def run() -> None:
        trial = found.ask(DISTRIBUTIONS)
        trial.set_user_attr("score", {"memory": float(trial.params["x"])})
        is_over = trial.params["x"] > 6.5
        found.tell(trial, None if is_over else values(trial.params["x"]), TrialState.PRUNED if is_over else None)

    while len(found.get_trials(states=(TrialState.COMPLETE,))) < 6:
        run()
    num_over = sum(x > 6.5 for x in asked(found))
    run()
    assert sum(x > 6.5 for x in asked(found)) == num_over, "1 of 7 is left below the bound, and it comes first"


def test_three_objectives() -> None:
    found = optuna.create_study(
        directions=["maximize", "minimize", "minimize"],
        sampler=EhviSampler(pool(), Aim(("accuracy", "cost", "size"), "accuracy", 0.0), seed=0),
    )
    found.optimize(lambda trial: (*objective(trial), float((trial.params["x"] - 5) ** 2)), n_trials=NUM_POINTS)
    assert len(set(asked(found))) == NUM_POINTS


def test_a_pruned_network_whose_bound_was_raised_may_come_again() -> None:
    read = {"x": 1, "sign": 0}
    for bound, is_left in ((5.0, False), (20.0, True)):
        aim = Aim(("accuracy", "cost"), "accuracy", 0.0, {"cost": bound}, lambda trial: trial.user_attrs)
        sampler = EhviSampler(pool(), aim, seed=0)
        found = study(sampler)
        found.enqueue_trial(read)
        trial = found.ask(DISTRIBUTIONS)
        trial.set_user_attr("cost", 10.0)
        found.tell(trial, state=TrialState.PRUNED)
        sampler.observations.update(found, number=1)
        assert (1 not in sampler.observations.settled) is is_left


@pytest.mark.slow
def test_a_search_finds_more_than_random_does(tmp_path: Path) -> None:
    """Networks of the table on the true front after 40 trials: accuracy and cost are both sums over blocks."""
    best = {}
    for sampler in ("ehvi", "random"):
        run = Run("local", tmp_path / sampler)
        run.search(study_spec(sampler=sampler, budget={"trials": 40}))
        trials = run.trials("complete")
        best[sampler] = max(trial.score.metrics["accuracy"].value / (1 + cost(trial.architecture)) for trial in trials)  # type: ignore[union-attr, arg-type]
        assert len(set(ids(trials))) == 40
    assert best["ehvi"] >= best["random"]


@pytest.mark.slow
def test_fewer_violators_than_random(tmp_path: Path) -> None:
    bound = [{"metric": "relative_latency", "max": 0.45}]
    num_pruned = {}
    for sampler in ("ehvi", "random"):
        run = Run("local", tmp_path / sampler)
        evaluator = TabulatedEvaluator()
        run.search(study_spec(sampler=sampler, constraints=bound, budget={"trials": 10}), evaluator)
        num_pruned[sampler] = len(run.trials("pruned"))
    assert num_pruned["ehvi"] < 0.5 * num_pruned["random"]
