"""The front of a study: membership, order, hypervolume, environments."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from modsearch.analysis import front_info
from modsearch.statistic import dominates
from tests.analysis.small_study import (
    ENVIRONMENT,
    MOD,
    OTHER_ENVIRONMENT,
    PLAIN,
    REFERENCE,
    SPEC,
    TINY,
    TRIALS,
    UNPAIRED_MOD,
    network,
    score,
    trial,
)

DEPTHS = [(a, b, c) for a in (1, 2, 3) for b in (1, 2, 3) for c in (1, 2, 3)]


def test_members_and_others_stand_in_order_of_cost():
    info = front_info(TRIALS, SPEC)
    assert [member.id for member in info.members] == [architecture.id for architecture in (TINY, PLAIN, MOD, REFERENCE)]
    assert [other.id for other in info.others] == [UNPAIRED_MOD.id]
    assert info.points == info.members + info.others


def test_hypervolume_by_hand():
    # Down to accuracy 0.1 and cost 1.0: three strips, each as high as the best accuracy at that cost.
    expected = (0.6 - 0.4) * 0.5 + (0.7 - 0.6) * 0.6 + (1.0 - 0.7) * 0.65
    info = front_info(TRIALS, SPEC)
    assert info.hypervolume_reference == (0.1, 1.0)
    assert info.hypervolume == pytest.approx(expected)
    given_reference = front_info(TRIALS, SPEC, (0.5, 1.2))
    assert given_reference.hypervolume == pytest.approx(0.2 * 0.1 + 0.1 * 0.2 + 0.3 * 0.25 + 0.2 * 0.3)


def test_chance_is_that_of_the_proxys_classes():
    spec = SPEC.with_overrides({"fidelity": SPEC.fidelity.model_copy(update={"classes": 4})})
    assert front_info(TRIALS, spec).hypervolume_reference[0] == 0.25


def test_an_architecture_stands_once_with_its_first_score():
    again = trial(8, MOD, score(0.99, 0.1))
    info = front_info((*TRIALS, again), SPEC)
    found = [point for point in info.points if point.id == MOD.id]
    assert [point.trial_number for point in found] == [3]
    assert found[0].scores["accuracy"].value == 0.75


def test_a_point_tells_what_it_is():
    tiny, plain, mod, reference = front_info(TRIALS, SPEC).members
    assert (reference.published, reference.placement, reference.num_mod_blocks) == ("resnet20_cifar", "none", 0)
    assert (mod.published, mod.placement, mod.num_mod_blocks) == (None, "alternating", 1)
    assert mod.description == "resnet_basic cifar 16-32-64 [S M4 S | S | S]"
    assert set(mod.scores) == {"accuracy", "relative_latency", "params", "gmacs"}
    assert mod.deleted_form == PLAIN.id
    assert plain.deleted_form is None
    assert tiny.deleted_form is None


def test_a_deleted_form_that_was_not_scored_is_not_named():
    info = front_info((TRIALS[3],), SPEC)
    assert info.members[0].deleted_form is None


def test_what_the_figure_says_about_the_study():
    info = front_info(TRIALS, SPEC)
    assert (info.study, info.reference_name, info.reference_id) == ("small", "resnet20_cifar", REFERENCE.id)
    assert not info.is_smoke_test
    assert info.environments == {"accuracy": (), "relative_latency": (ENVIRONMENT,)}
    assert [(objective.name, objective.unit, objective.direction) for objective in info.objectives] == [
        ("accuracy", "fraction", "maximize"),
        ("relative_latency", "x reference", "minimize"),
    ]
    narrow = SPEC.with_overrides({"fidelity": SPEC.fidelity.model_copy(update={"width": 0.5})})
    assert front_info(TRIALS, narrow).is_smoke_test


def test_latencies_of_two_environments_are_not_compared():
    trials = (*TRIALS, trial(8, network("SS", "SS", "SS"), score(0.7, 0.5, environment=OTHER_ENVIRONMENT)))
    message = (
        r"relative_latency must be measured in one environment\. Got trial 1 on Processor A, 2 threads, torch 2\.11 "
        r"and trial 8 on Processor B, 1 thread, torch 2\.11 instead\."
    )
    with pytest.raises(ValueError, match=message):
        front_info(trials, SPEC)


def test_environments_of_metrics_that_are_no_objectives_may_differ():
    spec = SPEC.with_overrides({"objectives": ("accuracy", "params")})
    trials = (*TRIALS, trial(8, network("SS", "SS", "SS"), score(0.7, 0.5, environment=OTHER_ENVIRONMENT)))
    assert len(front_info(trials, spec).points) == 6


def test_a_study_without_scores_has_an_empty_front():
    info = front_info(TRIALS[6:], SPEC)
    assert info.points == ()
    assert info.hypervolume == 0


def test_front_against_one_of_two_costs():
    spec = SPEC.with_overrides({"objectives": ("accuracy", "relative_latency", "params")})
    info = front_info(TRIALS, spec)
    assert UNPAIRED_MOD.id in {member.id for member in info.members}  # fewer parameters than PLAIN
    latency, params = info.costs
    assert [member.id for member in info.front_against(latency)] == [
        architecture.id for architecture in (TINY, PLAIN, MOD, REFERENCE)
    ]
    ordered = [architecture.id for architecture in (TINY, UNPAIRED_MOD, PLAIN, MOD, REFERENCE)]
    assert [member.id for member in info.front_against(params)] == ordered


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=len(DEPTHS)))
def test_no_member_is_dominated_and_every_other_point_is(values):
    trials = [
        trial(index, network(*("S" * depth for depth in depths)), score(accuracy / 10, latency / 10))
        for index, (depths, (accuracy, latency)) in enumerate(zip(DEPTHS, values, strict=False))
    ]
    info = front_info(trials, SPEC)

    def is_dominated(point):
        mine = point.score.values(SPEC.objectives)
        return any(dominates(other.score.values(SPEC.objectives), mine, SPEC.directions) for other in info.points)

    assert not any(is_dominated(member) for member in info.members)
    assert all(is_dominated(other) for other in info.others)
    assert len(info.points) == len(trials)
    costs = [member.scores["relative_latency"].value for member in info.members]
    assert costs == sorted(costs)


def test_a_bound_that_was_lowered_takes_all_networks_but_the_reference_off_the_front():
    spec = SPEC.with_overrides({"constraints": [{"metric": "relative_latency", "max": 0.01}]})
    assert [point.id for point in front_info(TRIALS, spec).points] == [SPEC.reference_architecture.id]
