"""What a search will take, as a table and as JSON."""

import json

import pytest

from modsearch.output import plan_json, plan_table
from modsearch.output.quantity import show_bytes
from tests.output.printed import printed
from tests.scoring.test_plan import plan


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_says_everything(width):
    text = printed(plan_table(plan({"trials": 12}, 12)), width)
    for expected in (
        "40 networks (exactly), 100 points",
        "1,000 for training, 160 for validation",
        "about 20 s (10 s to 30 s",
        "about 4 min (2 min to 6 min" if width > 80 else "about 4 min",
        "weights 2.40 kB, journal 600 B",
    ):
        assert expected in text
    assert max(map(len, text.splitlines())) <= width


def test_a_search_that_only_a_plateau_ends():
    found = plan({"plateau": 0.01}, None)
    assert "not limited by networks or hours" in printed(plan_table(found), 100)
    assert json.loads(json.dumps(plan_json(found), allow_nan=False))["total_s"] is None


def test_json_reads_back():
    found = json.loads(json.dumps(plan_json(plan({"trials": 12}, 12)), allow_nan=False))
    assert (found["num_networks"], found["num_points"], found["num_trials"]) == (40, 100, 12)
    assert found["trial_s"] == {"least": 10, "usual": 20, "most": 30}
    assert found["total_s"] == {"least": 120, "usual": 240, "most": 360}
    assert found["timed"]["costliest"]["train_s"] == 28


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (12_345_678, "12.3 MB"), (999_400, "999 kB"), (5e12, "5.0 TB")],
)
def test_bytes_in_three_digits(num_bytes, text):
    assert show_bytes(num_bytes) == text
