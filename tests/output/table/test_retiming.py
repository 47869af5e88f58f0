"""The table and the JSON of a retiming."""

import json

from modsearch.analysis import retiming
from modsearch.output import retiming_json, retiming_table
from tests.analysis.small_study import MOD, SPEC, TINY, TRIALS, UNPAIRED_MOD
from tests.analysis.test_retiming import REMEASUREMENTS
from tests.output.printed import printed

INFO = retiming(TRIALS, [], REMEASUREMENTS, SPEC)


def test_the_table() -> None:
    text = printed(retiming_table(INFO), width=140)
    line = next(row for row in text.splitlines() if MOD.id in row)
    assert line.split()[:7] == [MOD.id, "75.0", "%", "0.700x", "1.20x", "+0.500x", "leaves"]
    assert "1.08-1.32" in text
    assert "Processor B, 1 thread" in text
    assert "The reference network against itself: 1.00x (0.90-1.10)." in text


def test_the_json() -> None:
    found = json.loads(json.dumps(retiming_json(INFO), allow_nan=False))
    assert (found["leave"], found["enter"]) == ([MOD.id], [UNPAIRED_MOD.id])
    assert found["networks"][0]["id"] == TINY.id
    assert found["networks"][0]["now"]["value"] == 0.4
    assert found["networks"][0]["before"]["value"] == 0.4
    assert found["deployment"]["batch_size"] == 16
    assert found["summary"] == INFO.summary()
