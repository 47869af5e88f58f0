"""The table and the JSON of a search's progress."""

import json

import pytest
from rich.console import Console

from modsearch.analysis import progress
from modsearch.output import status_json, status_table
from modsearch.output.quantity import show_duration
from modsearch.output.status_table import sparkline
from tests.analysis.test_progress import REFERENCE, SPEC, TRIALS

FOUND = progress(TRIALS, SPEC, REFERENCE)


def shown(is_driven: bool, width: int = 100) -> str:
    console = Console(width=width, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(status_table(FOUND, is_driven))
    return capture.get()


def test_the_table_names_everything() -> None:
    text = shown(is_driven=True)
    for part in (
        "running",
        "2 complete, 1 running, 2 failed, 2 pruned (1 screened), 1 answered from the record",
        "trial 7, training: resnet_basic",
        "2 networks, hypervolume 0.7000",
        "55.1 networks an hour",
        "trials 5, hours 1, trial hours 24; 2 min left",
        "complete 3 min, screening 20 s, constraints 4 s, failed 12 s",
        "record 2 min, constraints 76 s, screening 30 s",
        "2 x RuntimeError: x",
    ):
        assert part in text
    assert "the same search command goes on" in shown(is_driven=False)


def test_the_json_is_valid_and_has_the_promised_keys() -> None:
    found = json.loads(json.dumps(status_json(FOUND, False), allow_nan=False))
    promised = {key: found[key] for key in ("complete", "running", "failed", "pruned", "front", "hypervolume")}
    assert promised == pytest.approx(
        {"complete": 2, "running": 1, "failed": 2, "pruned": 2, "front": 2, "hypervolume": 0.7}
    )
    assert found["budget"]["trials"] == 5
    assert found["ledger"]["saved_s"]["screening"] == 30.0


def test_the_sparkline_rises_with_the_hypervolume() -> None:
    assert sparkline(()) == ""
    line = sparkline(((50.0, 0.5), (100.0, 1.0)))
    assert len(line) == 32
    assert (line[0], line[15], line[-1]) == ("▁", "▅", "█")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (89, "89 s"), (91, "2 min"), (5399, "90 min"), (5400, "1.5 h"), (2e5, "2.3 days")]
)
def test_durations(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text
