"""The sentences about networks that were trained anew, in every case."""

from dataclasses import replace
from math import inf

import pytest

from modsearch.analysis import Objective
from modsearch.output import refined_words
from modsearch.output.network import light_label
from modsearch.output.refined.honesty import honesty_lines, show_agreement
from modsearch.output.refined.term import (
    accuracy_of,
    cost_word,
    network_name,
    show_points,
    show_to_settle,
    sorted_by_cost,
)
from modsearch.output.refined.words import primary_line
from modsearch.statistic.contrast import Estimate
from modsearch.statistic.rank import Agreement
from tests.output.refined.study import (
    CONTROLS,
    HONESTY,
    INFO,
    LADDER,
    MOD,
    NETWORKS,
    PUBLISHED,
    UNKNOWN,
    UNTRIED,
    alone,
    held,
    normal,
    refined,
)

GAIN = "MoD members gain {} over plain networks of the same latency ({}), {}."


@pytest.mark.parametrize(
    ("primary", "said"),
    [
        (held(0.008, 0.006, "better"), ("+0.8 points", "+0.2 to +1.4", "better, over 5 members")),
        (held(-0.01, 0.005, "worse"), ("-1.0 points", "-1.5 to -0.5", "worse, over 5 members")),
        (
            held(0.001, 0.004, "equivalent"),
            ("+0.1 points", "-0.3 to +0.5", "equivalent within 1.0 points, over 5 members"),
        ),
        (
            held(0.003, 0.007, settle=12),
            (
                "+0.3 points",
                "-0.4 to +1.0",
                "inconclusive, over 5 members: 12 trainings of each would settle it, if it stays (3 now)",
            ),
        ),
        (
            held(0.003, 0.007, settle=None),
            (
                "+0.3 points",
                "-0.4 to +1.0",
                "inconclusive, over 5 members: no number of trainings settles this: "
                "the validation images or the latencies limit it",
            ),
        ),
    ],
)
def test_the_primary_test_comes_first(primary, said):
    info = replace(INFO, primary=primary)
    assert primary_line(info) == GAIN.format(*said)
    assert refined_words(info)[0] == primary_line(info)


def test_what_is_settled_alone_but_not_among_others_takes_more():
    primary = held(0.003, 0.007, settle=3)
    assert "inconclusive, over 1 member: more than 3 trainings" in primary_line(
        replace(INFO, primary=primary, num_primary=1)
    )
    assert [show_to_settle(held(0, 1, settle=num)) for num in (12, 3, None)] == ["12", ">3", "none"]
    assert show_to_settle(held(0, 1, "worse")) == ""


def test_blocks_are_called_by_their_label_and_costs_by_their_name():
    narrow = refined(CONTROLS[-1].architecture, ("member",), 0.7, 1.0)
    info = replace(alone(narrow), cost=Objective.named("gmacs@cpu"))
    assert primary_line(info).startswith("Narrow members gain +0.8 points over plain networks of the same GMACs")
    assert light_label([NETWORKS[0].architecture, narrow.architecture]) == "MoD and Narrow"
    assert light_label([]) == light_label([NETWORKS[1].architecture]) == "MoD"
    names = ("relative_latency", "latency_p90_ms", "params", "relative_latency@batch_16", "gmacs@cpu")
    assert [cost_word(replace(INFO, cost=Objective.named(name))) for name in names] == [
        "latency",
        "90th percentile of latency",
        "parameters",
        "latency on batch_16",
        "GMACs an image on cpu",
    ]


def test_the_front_is_counted_where_it_is_known():
    assert refined_words(INFO)[1] == (
        "On the front with a probability of 0.5 or more: 3 of 5 networks, 1 of them with MoD blocks."
    )
    assert not any("On the front with" in line for line in refined_words(UNTRIED))


def test_each_kind_of_control_has_a_sentence():
    other = replace(NETWORKS[3], controls={"deleted": held(-0.01, 0.005, "worse", cost_ratio=1.5)})
    lines = [line for line in refined_words(replace(INFO, networks=(*NETWORKS[:3], other))) if " against the " in line]
    kinds = [line for line in lines if "MoD network" in line]
    # sqrt(1.06 * 1.5) = 1.261
    assert kinds == [
        "2 MoD networks against the same with these blocks deleted (1.26x the cost): "
        "1 better, 1 worse, 0 equivalent, 0 inconclusive.",
        "1 MoD network against the same with channels drawn once at random (1.00x the cost): "
        "0 better, 0 worse, 0 equivalent, 1 inconclusive.",
        "1 MoD network against the same with the first channels (1.00x the cost): "
        "0 better, 0 worse, 1 equivalent, 0 inconclusive.",
        "1 MoD network against the same with the first channels, scaled by their scores (1.00x the cost): "
        "0 better, 0 worse, 0 equivalent, 1 inconclusive.",
        "1 MoD network against the same with narrow blocks, as near in cost as can be (1.00x the cost): "
        "0 better, 1 worse, 0 equivalent, 0 inconclusive.",
    ]


def test_published_networks_are_recovered_or_not():
    missed = refined(MOD, ("published",), 0.7, 0.5, near_membership=0.49)
    lines = refined_words(replace(INFO, networks=(*NETWORKS[1:], missed)))
    assert [line for line in lines if line.startswith("Published")] == [
        "Published, on the front or next to it: resnet20_cifar (>0.99).",
        f"Published, neither on the front nor next to it: {MOD.id} (0.49).",
        "Published, not known yet: resnet32_cifar.",
    ]
    unmeasured = replace(INFO, networks=NETWORKS[:4])
    assert "Published, not known yet: resnet20_cifar, resnet32_cifar." in refined_words(unmeasured)
    many = alone(*[refined(PUBLISHED, ("published",), 0.7, 0.5, near_membership=0.5)] * 11)
    assert any(line.endswith("resnet20_cifar (0.50) and 3 more.") for line in refined_words(many))


def test_the_search_stands_beside_its_ceiling_and_beside_counts():
    assert honesty_lines(HONESTY) == (
        "Order of the search against the refined one: tau 0.62 (0.45 to 0.75), 190 pairs.",
        "The same among networks of nearly equal cost: not known: fewer than 30 pairs.",
        "Ceiling, the order of one refined training against another: tau 0.70 (0.50 to 0.80), 190 pairs.",
        "Order of GMACs against the refined one: tau 0.55 (0.40 to 0.70), 190 pairs.",
        "Order of parameters against the refined one: tau -0.10 (-0.30 to 0.10), 190 pairs.",
        "The search favours shallow networks: against their networks, it judges deleted forms better by "
        "+0.8 points (+0.1 to +1.5) than refinement does.",
    )
    assert show_agreement(Agreement(0.0, -0.1, 0.1, 31)) == "tau 0.00 (-0.10 to 0.10), 31 pairs"


@pytest.mark.parametrize(
    ("shallow", "start", "size"),
    [
        (normal(-0.008, 0.007), "The search favours deep networks", "-0.8 points (-1.5 to -0.1)"),
        (normal(0.003, 0.007), "Whether the search favours shallow networks is open", "+0.3 points (-0.4 to +1.0)"),
    ],
)
def test_whom_the_search_favours_has_a_sign_and_a_size(shallow, start, size):
    line = honesty_lines(replace(HONESTY, shallow=shallow))[-1]
    assert line.startswith(f"{start}: ")
    assert size in line


def test_nothing_is_claimed_of_what_is_not_known():
    assert honesty_lines(UNKNOWN) == (
        "How well the search orders networks is not known: fewer than 30 pairs.",
        "Whether the search favours shallow networks is not known: fewer than two deleted forms to judge by.",
    )
    assert refined_words(UNTRIED) == (
        "Whether MoD members gain over plain networks of the same latency is not known: none can be held against them.",
        "Published, not known yet: resnet20_cifar, resnet32_cifar.",
        *honesty_lines(UNKNOWN),
    )


def test_names_intervals_and_order():
    assert network_name(NETWORKS[4]) == "resnet20_cifar"
    assert network_name(NETWORKS[0]) == MOD.id
    assert show_points(Estimate(0.01, 0.0, inf)) == ("+1.0 points", "+1.0 to +1.0")
    found = accuracy_of(normal(0.995, 0.01))
    assert (found.value, found.high) == (0.995, 1.0)
    assert found.low == pytest.approx(0.985)
    assert accuracy_of(normal(0.005, 0.01)).low == 0
    assert sorted_by_cost(NETWORKS)[0].architecture == LADDER[0]
