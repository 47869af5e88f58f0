"""The tables and the JSON of networks that were trained anew."""

import json
from dataclasses import replace
from math import inf

import pytest
from rich.console import Group

from modsearch.analysis import Objective, RefinedInfo
from modsearch.architecture import Architecture, preset
from modsearch.output import refined_json, refined_tables, refined_words
from modsearch.record import Measurement
from modsearch.space import Fidelity
from modsearch.statistic.contrast import Estimate
from tests.output.printed import printed
from tests.output.refined.study import CONTROLS, INFO, MOD, NETWORKS, UNTRIED, alone, held, refined


def shown(info: RefinedInfo, width: int = 140) -> str:
    return printed(Group(*refined_tables(info)), width)


def row(text: str, start: str, index: int = 0) -> list[list[str]]:
    """The words of a row's three lines; the first line begins with this."""
    lines = text.splitlines()
    found = [number for number, line in enumerate(lines) if line.strip().startswith(start)][index]
    return [line.split() for line in lines[found : found + 3]]


def test_a_network_has_its_numbers_and_their_intervals():
    text = shown(INFO, 80)
    assert row(text, MOD.id) == [
        [MOD.id, "74.8", "%", "0.700x", "0.90", "+0.8", "points"],
        ["member,", "chosen", "73.8-75.8", "0.686-0.714", "0.97", "+0.2", "to", "+1.4"],
        ["[S", "M4", "S", "|", "S", "|", "S]", "3", "trainings", "better"],
    ]
    untrained = row(text, NETWORKS[5].id)
    assert untrained[0] == [NETWORKS[5].id, "0", "trainings", "1.60x"]
    assert untrained[1][0] == "resnet32_cifar"


def test_networks_stand_from_low_to_high_cost():
    lines = [line.split() for line in shown(INFO, 80).splitlines()]
    ids = {network.id for network in NETWORKS}
    found = [words[0] for words in lines if words and words[0] in ids]
    by_cost = sorted(NETWORKS, key=lambda network: (network.cost.value, network.id))
    assert found == [network.id for network in by_cost] + [MOD.id] * 5


def test_a_control_has_its_difference_and_its_verdict():
    text = shown(INFO, 80)
    assert [row(text, MOD.id, index)[:2] for index in range(1, 6)] == [
        [[MOD.id, "+1.8", "points", "1.06x", "better", "3"], ["deleted", "+0.6", "to", "+3.0"]],
        [[MOD.id, "+0.8", "points", "1.00x", "inconclusive", "3"], ["random", "-0.4", "to", "+2.0", "12"]],
        [[MOD.id, "+0.3", "points", "1.00x", "equivalent", "3"], ["first", "-0.3", "to", "+0.9"]],
        [[MOD.id, "-0.2", "points", "1.00x", "inconclusive", "3"], ["first", "scored", "-3.2", "to", "+2.8", "none"]],
        [[MOD.id, "-2.2", "points", "1.00x", "worse", "3"], ["narrow", "-3.3", "to", "-1.1"]],
    ]


def test_without_controls_there_is_one_table():
    assert "Held against" in shown(INFO)
    assert "Held against" not in shown(UNTRIED)


def test_nothing_is_cut_off_at_80_columns():
    """The longest that there may be."""
    trained = refined(
        preset("resnet101_mod").architecture,
        ("member", "near", "chosen", "published", "drawn", "control"),
        0.5,
        1.0,
        num_replicates=100,
        membership=1.0,
        near_membership=1.0,
        gain=held(-0.5, 0.456),
        controls={"first_scored": held(-0.5, 0.456, settle=1000, cost_ratio=123.456)},
    )
    wide = replace(trained, cost=Measurement(value=1234.5, low=1134.5, high=1334.5, num_samples=30, unit="ms"))
    info = replace(alone(wide), cost=Objective.named("latency_p90_ms@batch_16"))
    lines = shown(info, 80).splitlines()
    text = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    for expected in (
        wide.id,
        "1234 ms",
        "1134-1334",
        "100 trainings",
        "-50.0 points",
        "-95.6 to -4.4",
        "inconclusive",
        "123.46x",
        "1000",
        "resnet101_mod",
        "@batch_16",
    ):
        assert expected in text
    assert sum("…" in line for line in lines) == 1  # the blocks of a network of a hundred layers


def test_names_may_hold_brackets():
    assert "a [bold] study" in shown(replace(INFO, study="a [bold] study"))


def test_the_json_is_the_info():
    said = json.loads(json.dumps(refined_json(INFO), allow_nan=False))
    assert (said["study"], said["margin"], said["num_primary"]) == ("small", 0.01, 5)
    assert Fidelity.model_validate(said["fidelity"]) == INFO.plan.fidelity
    assert Objective(**said["cost"]) == INFO.cost
    assert_held(said["primary"], INFO.primary)
    assert said["summary"] == list(refined_words(INFO))
    assert [network["id"] for network in said["networks"]] == [network.id for network in NETWORKS]
    for found, network in zip(said["networks"], NETWORKS, strict=True):
        assert_network(found, network)


def assert_network(found, network):
    assert Architecture.from_json(json.dumps(found["architecture"])) == network.architecture
    assert found["description"] == network.architecture.describe()
    assert tuple(found["roles"]) == network.roles
    for name in ("num_replicates", "membership", "near_membership", "is_recovered"):
        assert found[name] == getattr(network, name)
    assert_estimate(found["accuracy"], network.accuracy)
    for name in ("cost", "proxy"):
        measured = getattr(network, name)
        ends = ("value", "low", "high", "unit")
        assert found[name] == (measured and {end: getattr(measured, end) for end in ends})
    assert_held(found["gain"], network.gain)
    assert list(found["controls"]) == list(network.controls)
    for control, one in network.controls.items():
        assert_held(found["controls"][control], one)


def assert_held(found, expected):
    assert (found is None) == (expected is None)
    if expected is not None:
        assert_estimate(found.pop("difference"), expected.difference)
        names = ("verdict", "num_replicates", "num_to_settle", "cost_ratio")
        assert found == {name: getattr(expected, name) for name in names}


def assert_estimate(found, expected):
    assert (found is None) == (expected is None)
    if expected is not None:
        low, high = expected.interval()
        assert (found["value"], found["low"], found["high"]) == (expected.value, low, high)
        assert found["error"] == expected.error
        assert found["freedom"] == (None if expected.freedom == inf else expected.freedom)


def test_the_json_says_which_controls_a_network_is():
    said = refined_json(INFO)["networks"]
    assert [network["control_of"] for network in said[-5:]] == [{MOD.id: kind} for kind in NETWORKS[0].controls]
    assert said[0]["control_of"] == {}
    assert said[4]["published"] == "resnet20_cifar"


def test_the_json_says_how_far_the_search_is_to_be_believed():
    found = json.loads(json.dumps(refined_json(INFO)))["honesty"]
    assert found["proxy"] == {"tau": 0.62, "low": 0.45, "high": 0.75, "num_pairs": 190}
    assert found["close"] is None
    assert found["ceiling"]["tau"] == 0.7
    assert {name: count["tau"] for name, count in found["counts"].items()} == {"gmacs": 0.55, "params": -0.1}
    assert found["shallow"]["low"] == pytest.approx(0.001)


def test_what_is_not_known_is_null():
    said = json.loads(json.dumps(refined_json(UNTRIED), allow_nan=False))
    assert said["primary"] is None
    assert said["honesty"] == {
        "proxy": None,
        "close": None,
        "ceiling": None,
        "counts": {"gmacs": None, "params": None},
        "shallow": None,
    }
    for network in said["networks"]:
        assert network["num_replicates"] == 0
        for name in ("accuracy", "proxy", "membership", "near_membership", "is_recovered", "gain"):
            assert network[name] is None


def test_networks_of_unknown_cost_are_listed_too():
    said = refined_json(replace(INFO, networks=NETWORKS[1:]))
    (found,) = said["unmeasured"]
    assert (found["id"], found["roles"], found["control_of"]) == (MOD.id, ["member", "chosen"], {})
    assert refined_json(INFO)["unmeasured"] == []


def test_degrees_of_freedom_are_a_number_where_they_are_finite():
    few = replace(CONTROLS[0], accuracy=Estimate(0.7, 0.01, 2.0))
    assert refined_json(alone(few))["networks"][0]["accuracy"]["freedom"] == 2.0
