"""The progress of a search as a table and as JSON."""

import json
import re
from dataclasses import replace

import pytest

from modsearch.analysis import progress
from modsearch.output import Status, status_json, status_table
from modsearch.output.table.status import sparkline
from modsearch.record import Measurement
from modsearch.search import WorkerState
from tests.analysis.small_study import MOD, SPEC, TINY, TRIALS, network, score, trial
from tests.output.printed import printed

CHECK = {"relative_latency": Measurement(value=1.003, low=0.98, high=1.02, unit="x reference")}
RUNNING = trial(8, network("SS", "SS", "SS"), state="running")
CORNER = (0.1, 1.0)


def status(*trials, is_driven=True, ages_s=None):
    return Status(progress(trials or (*TRIALS, RUNNING), SPEC, CORNER), is_driven, ages_s or {8: 125.0}, CHECK)


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_says_everything(width):
    text = printed(status_table(status()), width)
    for expected in (
        "5 complete, 1 running, 1 failed, 1 pruned, 1 answered from the",
        "trial 8, timing, begun 2 min ago",
        "4 networks, hypervolume 0.3550",
        "relative_latency 1.00x (0.98-1.02), should be 1",
        "1 x no memory",
    ):
        assert expected in text
    assert max(map(len, text.splitlines())) <= width


def test_workers_share_what_is_left():
    one = status()
    one = replace(one, progress=replace(one.progress, time_left_s=7200.0))
    busy = WorkerState(doing="training", since=1e9, number=8)
    two = replace(one, workers={"host:1": busy, "host:2": busy, "host:3": WorkerState(doing="waiting", since=1e9)})
    alone, shared = (printed(status_table(shown_status), 140) for shown_status in (one, two))
    assert "; 2.0 h left\n" in re.sub(" +\n", "\n", alone)
    assert "; 60 min left with 2 workers" in shared
    assert "of search, added up over workers" in shared


def test_what_a_dead_search_left_is_not_said_to_run():
    text = printed(status_table(status(is_driven=False)), 100)
    assert "not running; the same search command goes on" in text
    assert "trial 8, left by a search that died" in text


def test_what_nobody_can_tell_is_said_so():
    text = printed(status_table(status(is_driven=None)), 140)
    assert "at work, or not: it is another user's, and its lock cannot be read" in text
    assert "trial 8, at work, or left by a search that died" in text
    assert status_json(status(is_driven=None))["is_driven"] is None


def test_reasons_in_brackets_and_many_of_them():
    failed = [trial(n, TINY, state="failed", reason=f"reason [{n}]") for n in range(11)]
    text = printed(status_table(status(*failed)), 100)
    assert "1 x reason [0]" in text
    assert "and 3 other reasons" in text


def test_json_reads_back_without_nan():
    found = json.loads(json.dumps(status_json(status()), allow_nan=False))
    assert {name: found[name] for name in ("complete", "running", "failed", "pruned", "front")} == {
        "complete": 5,
        "running": 1,
        "failed": 1,
        "pruned": 1,
        "front": 4,
    }
    # Down to accuracy 0.1 and cost 1.0: three strips
    assert found["hypervolume"] == pytest.approx((0.6 - 0.4) * 0.5 + (0.7 - 0.6) * 0.6 + (1.0 - 0.7) * 0.65)
    assert MOD.id in found["front_ids"]
    assert found["ages_s"] == {"8": 125.0}
    assert found["failures"] == {"no memory": 1}
    assert found["self_check"] == {
        "relative_latency": {"value": 1.003, "low": 0.98, "high": 1.02, "unit": "x reference"}
    }
    assert set(found["ledger"]) == {"spent_s", "saved_s"}


def test_json_of_an_empty_study_has_no_nan():
    empty = Status(progress((), SPEC, CORNER), False, {}, {})
    found = json.loads(json.dumps(status_json(empty), allow_nan=False))
    assert (found["front"], found["hypervolume"], found["trained_an_hour"], found["time_left_s"]) == (0, 0, None, None)
    assert "nothing yet" in printed(status_table(empty), 80)


def test_sparkline_rises_with_search_time():
    line = sparkline(((10, 0.5), (20, 1.0)))
    assert len(line) == 32
    assert line == "".join(sorted(line))
    assert (line[0], line[-1]) == ("▁", "█")
    assert line[15:31] == "▅" * 16  # half of the volume from half of the time on
    assert sparkline(()) == sparkline(((5, 0.0),)) == ""


def test_a_score_of_now_says_training():
    shown = status(trial(8, MOD, score(0.5, 0.5), state="running"))
    assert "trial 8, training" in printed(status_table(shown), 100)
