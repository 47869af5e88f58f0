"""The front as a table and as JSON."""

import json

import pytest

from modsearch.analysis import front_info, published_info
from modsearch.architecture import Architecture
from modsearch.output import front_json, front_table, published_table
from modsearch.record import SPEEDUP_UNIT, Selectivity
from tests.analysis.small_study import (
    MOD,
    PLAIN,
    REFERENCE,
    SPEC,
    SPEEDUP_TRIALS,
    TINY,
    TRIALS,
    TWO_PLACE_TRIALS,
    TWO_PLACES,
    UNDECIDED_TRIALS,
    score,
    trial,
)
from tests.output.printed import printed

INFO = front_info(TRIALS, SPEC)
SPEEDUPS = front_info(SPEEDUP_TRIALS, SPEC)
TWO = front_info(TWO_PLACE_TRIALS, TWO_PLACES)


def test_every_member_has_a_row():
    table = front_table(INFO)
    assert table.row_count == 4
    headers = [str(column.header) for column in table.columns]
    assert headers == ["id", "accuracy", "relative\nlatency", "gmacs", "network"]


@pytest.mark.parametrize("width", [80, 100])
def test_nothing_is_lost_on_narrow_terminals(width):
    text = printed(front_table(INFO), width)
    for expected in (MOD.id, "75.0 %", "74.0-76.0", "0.700x", "0.686-0.714", "0.0408", "alternating", "resnet20_cifar"):
        assert expected in text
    assert "[S M4 S | S | S]" in text
    assert "1 of them with MoD blocks" in text
    assert max(map(len, text.splitlines())) <= width


def test_an_objective_has_one_column():
    spec = SPEC.with_overrides({"objectives": ("accuracy", "params")})
    headers = [str(column.header) for column in front_table(front_info(TRIALS, spec)).columns]
    assert headers == ["id", "accuracy", "params", "gmacs", "network"]


def test_json_has_these_keys_and_reads_back():
    said = json.loads(json.dumps(front_json(INFO)))
    assert list(said) == ["study", "hypervolume", "hypervolume_reference", "first_design", "notes", "networks"]
    assert said["hypervolume_reference"] == {"accuracy": 0.1, "relative_latency": 1.0}
    found = said["networks"]
    assert [network["id"] for network in found] == [architecture.id for architecture in (TINY, PLAIN, MOD, REFERENCE)]
    for network in found:
        about = ["id", "architecture", "description", "published", "placement"]
        assert list(network) == [
            *about,
            "scores",
            "selectivity",
            "hardly_selects",
            "speedups",
            "uncertain",
            "membership",
        ]
        assert network["speedups"] == {}  # the study timed none
        assert (network["selectivity"], network["hardly_selects"]) == ([], None)  # nor did it look
        assert network["uncertain"] == []
        assert Architecture.from_json(json.dumps(network["architecture"])).id == network["id"]
    assert [network["published"] for network in found] == [None, None, None, "resnet20_cifar"]
    assert found[2]["scores"]["accuracy"] == {"value": 0.75, "low": 0.74, "high": 0.76, "unit": "fraction"}
    assert set(found[2]["scores"]) == {"accuracy", "relative_latency", "params", "gmacs"}


@pytest.mark.parametrize("width", [80, 100, 140])
def test_speed_ups_stand_in_one_column(width):
    text = printed(front_table(SPEEDUPS), width)
    lines = text.splitlines()
    [row] = [index for index, line in enumerate(lines) if MOD.id in line]
    assert "40.0 %" in lines[row]
    assert "1.20 of 1.67x" in lines[row + 1]
    assert "measured of ideal" in text
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", [100, 140])
def test_several_deployments_have_a_line_each(width):
    text = printed(front_table(TWO), width)
    lines = text.splitlines()
    [row] = [index for index, line in enumerate(lines) if MOD.id in line]
    assert [part in lines[row + 1 + index] for index, part in enumerate(("1.20 of 1.67x", "1.50 of 1.67x"))] == [
        True
    ] * 2
    headings = [index for index, line in enumerate(lines) if "@batch_1 " in line or line.rstrip().endswith("@batch_16")]
    assert len(headings) == 2
    for expected in ("0.700x", "0.686-0.714", "resnet20_cifar", "[S M4 S | S | S]"):
        assert expected in text
    assert max(map(len, lines)) <= width


def test_a_network_that_saves_no_time_or_may_not_has_a_mark():
    """On a front of accuracy and parameters."""
    spec = SPEC.with_overrides({"objectives": ("accuracy", "params")})
    text = printed(front_table(front_info(SPEEDUP_TRIALS, spec)))
    assert "! 0.90 of 1.25x" in text
    assert "! 1.20" not in text
    text = printed(front_table(front_info(UNDECIDED_TRIALS, spec)))
    assert "? 1.60 of 1.25x" in text
    assert "! 1.60" not in text
    assert "? undecided: the interval holds 1" in text


def test_a_network_that_hardly_selects_by_the_image_is_flagged():
    def looked(other_set):
        block = Selectivity(stage=0, index=1, tied=0.125, other_set=other_set)
        found = next(found_trial for found_trial in TRIALS if found_trial.architecture == MOD)
        looked_at = found.score.model_copy(update={"selectivity": (block,)})
        return front_info([found.model_copy(update={"score": looked_at})], SPEC)

    static, choosing = looked(0.01), looked(0.5)
    assert "= alternating" in printed(front_table(static))
    assert "= at least half of its selectors pick the same channels" in printed(front_table(static))
    assert "= " not in printed(front_table(choosing))
    (found,) = front_json(static)["networks"]
    assert found["hardly_selects"] is True
    assert found["selectivity"] == [{"stage": 0, "index": 1, "tied": 0.125, "other_set": 0.01, "is_static": True}]


def test_json_says_what_is_saved_and_what_deleting_saves():
    mod = front_json(SPEEDUPS)["networks"][2]
    found = mod["speedups"]["cpu"]
    assert found["gmacs_saved"] == pytest.approx(0.4)
    assert found["ideal"] == pytest.approx(5 / 3)
    assert found["measured"] == {"value": 1.2, "low": 1.1, "high": 1.3, "unit": SPEEDUP_UNIT}
    assert found["outcome"] == "saved"
    assert found["deleted"]["measured"]["value"] == pytest.approx(1.4)
    assert "deleted" not in found["deleted"]
    assert set(front_json(TWO)["networks"][2]["speedups"]) == {"batch_1", "batch_16"}


def test_json_says_what_a_reader_must_know():
    assert any("The same images choose and report" in note for note in front_json(INFO)["notes"])
    waiting = front_json(front_info(TRIALS, SPEC, (0.6, 1.0), first_design=6))
    assert waiting["first_design"] == 6
    assert any("(provisional: fixed after 6 trained networks)" in note for note in waiting["notes"])
    assert not any("provisional" in note for note in front_json(INFO)["notes"])


def test_an_empty_front_has_an_empty_table():
    info = front_info((), SPEC)
    assert front_table(info).row_count == 0
    assert front_json(info)["networks"] == []


def test_published_table_says_who_dominates_and_by_how_much():
    trials = (trial(0, REFERENCE, score(0.70, 1.0)), trial(1, MOD, score(0.75, 0.9)))
    text = printed(published_table(published_info(trials, SPEC)))
    assert "dominated" in text
    assert MOD.id in text
    assert "accuracy +5.0 points" in text
    assert "relative_latency -0.100x" in text
    assert "51 more are not in the space." in text


def test_published_table_says_why_there_is_no_score():
    failed = trial(0, REFERENCE, state="failed", reason="no memory in [cuda]")
    assert "no score: no memory in [cuda]" in printed(published_table(published_info((failed,), SPEC)))


def test_what_a_mended_record_has_lost_is_left_blank():
    whole = score(0.8, 1.0)
    metrics = {name: measurement for name, measurement in score(0.9, 1.1).metrics.items() if name != "gmacs"}
    mended = trial(1, PLAIN, whole.model_copy(update={"metrics": metrics}))
    assert PLAIN.id in printed(front_table(front_info([trial(0, TINY, whole), mended], SPEC)))


def test_backbone_and_widths_are_named_where_they_differ():
    wide = PLAIN.with_width(2)
    same = printed(front_table(front_info((trial(0, PLAIN, score(0.7, 1.0)),), SPEC)))
    other = (trial(0, PLAIN, score(0.7, 1.0)), trial(1, wide, score(0.8, 2.0)))
    text = " ".join(printed(front_table(front_info(other, SPEC)), width=160).split())
    assert "16-32-64" not in same
    assert "resnet_basic cifar 32-64-128 [" in text
