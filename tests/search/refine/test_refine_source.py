"""Refinement by the local executor: who is trained how often, and what is kept."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from modsearch.architecture import Architecture, MoD, Standard
from modsearch.search import (
    LocalExecutor,
    RefineSource,
    Request,
    confirm,
    load_study,
    mend,
    open_for_refinement,
    open_for_remeasurement,
    prepare,
    refined,
    refined_spec,
)
from tests.conformance.lucky import LuckyEvaluator
from tests.conformance.remeasured import measure_at, predicted, search_by_prediction
from tests.conformance.tabulated import SPACE
from tests.search.refine.refining import log, opened, refine, run, times

__all__ = ["predicted", "run"]

S = Standard()

pytestmark = pytest.mark.slow


def test_all_are_trained_twice_and_doubtful_ones_more_often(run: Path) -> None:
    evaluator = refine(run, seeds=6)
    [plan] = log(run).plans.values()
    found = times(run)
    assert set(found) == {network.id for network in plan.networks}
    assert min(found.values()) == 2
    assert max(found.values()) == 6
    assert sum(found.values()) < 6 * len(found)
    assert len(evaluator.tasks) == len(set(evaluator.tasks)) == sum(found.values())
    only_drawn = [network.id for network in plan.networks if network.roles == ("drawn",)]
    assert only_drawn
    assert {found[network] for network in only_drawn} == {2}  # they judge the proxy, and are no candidates


def test_what_the_primary_test_compares_has_all_seeds(run: Path) -> None:
    refine(run, seeds=4)
    [plan] = log(run).plans.values()
    light = [network for network in plan.having("member") if network.architecture.num_light_blocks]
    assert light
    assert {times(run)[network.id] for network in (*light, *plan.having("ladder"))} == {4}


def test_replicates_are_fresh_and_the_search_is_as_it_was(run: Path) -> None:
    before = [trial.model_dump() for trial in load_study(str(run)).trials()]
    refine(run, seeds=2)
    assert {result.task.replicate for result in log(run).results} == {1, 2}
    assert [trial.model_dump() for trial in load_study(str(run)).trials()] == before
    for result in log(run).results:
        assert (run / "weights" / f"{result.task.key}.safetensors").is_file()
    assert mend(str(run)) == []


def test_what_the_search_measured_is_not_measured_again(run: Path) -> None:
    evaluator = refine(run, seeds=2)
    trials = load_study(str(run)).trials()
    scored = {trial.architecture.id for trial in trials if trial.architecture and trial.state == "complete"}
    assert not scored & set(evaluator.measured)
    assert len(evaluator.measured) == len(set(evaluator.measured))
    for result in log(run).results:
        is_new = result.task.architecture.id not in scored
        assert ("relative_latency" in result.score.metrics) == (is_new and result.task.replicate == 1)


def test_controls_have_as_many_seeds_as_their_networks(run: Path) -> None:
    refine(run, seeds=4, has_controls=True)
    [plan] = log(run).plans.values()
    held = [network for network in plan.having("member") if network.architecture.num_light_blocks]
    assert held
    for network in held:
        controls = plan.controls_of(network.id)
        assert list(controls) == ["deleted", "random", "first", "first_scored", "narrow"]
        assert {times(run)[one.id] for one in (network, *controls.values())} == {4}


def test_controls_may_follow_later(run: Path) -> None:
    refine(run, seeds=2)
    [before] = log(run).plans.values()
    refine(run, seeds=2, has_controls=True)
    [plan] = log(run).plans.values()
    assert [network.id for network in plan.networks[: len(before.networks)]] == [one.id for one in before.networks]
    again = refine(run, seeds=2, has_controls=True)
    assert (again.tasks, again.measured) == ([], [])


def test_a_network_that_somebody_asks_for_is_trained(run: Path) -> None:
    trials = load_study(str(run)).trials()
    refine(run, seeds=2)
    known = times(run)
    other = next(t.architecture for t in trials if t.architecture and t.score and t.architecture.id not in known)
    refine(run, seeds=3, ids=(other.id,))
    assert times(run)[other.id] >= 2


def test_another_fidelity_has_a_plan_of_its_own(run: Path) -> None:
    refine(run, seeds=2)
    longer = load_study(str(run)).spec.fidelity.model_copy(update={"epochs": 3})
    refine(run, seeds=2, fidelity=longer)
    plans = log(run).plans
    assert len(plans) == 2
    assert all(len(log(run).results_of(plan)) >= 2 * len(plan.networks) for plan in plans.values())


def test_hours_end_it(run: Path) -> None:
    evaluator = LuckyEvaluator()
    with opened(run, evaluator, seeds=4, hours=1e-9) as executor:
        assert executor.run() == "hours"
    assert len(evaluator.tasks) == 1


def test_a_network_that_the_search_forgot_is_measured_once(run: Path) -> None:
    """A bound was lowered since, say: its score is none of the front's any more."""
    refine(run, seeds=2)
    evaluator = LuckyEvaluator()
    with open_for_refinement(str(run)) as (study, folder):
        refinement = prepare(study, Request(study.spec.fidelity, 4), evaluator.measure)
        gone = next(refinement.plan.having("ladder")).id
        scores = {name: score for name, score in refinement.scores.items() if name != gone}
        source = partial(RefineSource, refinement=replace(refinement, scores=scores))
        assert LocalExecutor(study, evaluator, folder, make_source=source).run() == "exhausted"
    assert evaluator.measured.count(gone) == 1
    own = [result.score for result in log(run).results if result.task.architecture.id == gone]
    assert ["relative_latency" in score.metrics for score in own] == [False, False, True, False]


def test_networks_whose_latency_was_predicted_are_measured(tmp_path: Path, predicted: None) -> None:
    target = search_by_prediction(tmp_path / "run", SPACE)
    with open_for_remeasurement(target) as study:
        list(confirm(study, measure_at))
    evaluator = LuckyEvaluator()
    with open_for_refinement(target) as (study, folder):
        spec = refined_spec(study, study.spec.fidelity)
        refinement = prepare(study, Request(study.spec.fidelity, 2), evaluator.measure)
        worked = replace(study, worked_as=spec)
        source = partial(RefineSource, refinement=refinement)
        LocalExecutor(worked, evaluator, folder, make_source=source).run()
    info = refined(load_study(target))
    assert info is not None
    assert info.cost.name == "relative_latency"
    assert all(network.num_replicates >= 2 for network in info.networks)


def test_forms_that_are_the_same_network_are_one_control() -> None:
    every = Architecture(
        backbone="resnet_basic", stem="cifar", widths=(16, 32, 64), stages=((S, MoD(c=1), S), (S,), (S, S))
    )
    assert {name: form.id != every.id for name, form in every.controls().items()} == {"deleted": True, "first": True}


def test_only_a_network_with_light_blocks_has_controls(run: Path) -> None:
    trials = load_study(str(run)).trials()
    plain = next(t.architecture for t in trials if t.architecture and t.score and not t.architecture.num_light_blocks)
    with pytest.raises(ValueError, match=r"--id must be a network with light blocks"):
        refine(run, seeds=2, has_controls=True, ids=(plain.id,))
    with pytest.raises(ValueError, match=r"--id must be a network that the study scored.*Got 'nothing' instead"):
        refine(run, seeds=2, ids=("nothing",))
