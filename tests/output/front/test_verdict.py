"""What a front says about MoD blocks in a few lines."""

from modsearch.analysis import front_info
from modsearch.output import verdict
from modsearch.output.front.series import footnotes
from modsearch.record import Selectivity
from tests.analysis.small_study import (
    MOD,
    SPEC,
    SPEEDUP_TRIALS,
    TRIALS,
    TWO_PLACE_TRIALS,
    TWO_PLACES,
    network,
    score,
    trial,
)

SAME_IMAGES = "The same images choose and report: members look better than they are."


def test_five_short_lines():
    block = Selectivity(stage=0, index=1, tied=0.0, other_set=0.01)
    looked_at = [
        found_trial.model_copy(update={"score": found_trial.score.model_copy(update={"selectivity": (block,)})})
        if found_trial.architecture == MOD
        else found_trial
        for found_trial in SPEEDUP_TRIALS
    ]
    lines = verdict(front_info(looked_at, SPEC))
    assert lines == (
        "MoD vs plain networks at no more cost: 1 better, 0 worse, 1 within noise.",
        "MoD vs its deleted forms (1.40x the cost): 2 better, 0 worse, 0 within noise.",
        "Speed-up: 1.05x where 1.46x is ideal; of 2, 1 save no time, 0 undecided.",
        "Selection: in 1 of 1 MoD networks the choice hardly depends on the image.",
        SAME_IMAGES,
    )
    assert max(map(len, lines)) <= 80


def test_what_was_not_looked_at_has_no_line():
    assert [line.partition(":")[0] for line in verdict(front_info(TRIALS, SPEC))] == [
        "MoD vs plain networks at no more cost",
        "MoD vs its deleted forms (1.40x the cost)",
        "The same images choose and report",
    ]


def test_each_deployment_has_its_line():
    found = [line for line in verdict(front_info(TWO_PLACE_TRIALS, TWO_PLACES)) if line.startswith("Speed-up")]
    assert [line.partition(":")[0] for line in found] == ["Speed-up at batch_1", "Speed-up at batch_16"]


def test_where_there_is_nothing_to_compare_it_is_said():
    plain = trial(0, network("S", "S", "S"), score(0.6, 0.4))
    assert verdict(front_info([plain], SPEC)) == ("No network with MoD blocks was scored.", SAME_IMAGES)
    assert verdict(front_info([trial(0, MOD, score(0.7, 0.3))], SPEC))[:2] == (
        "MoD vs plain networks at no more cost: none to compare.",
        "MoD vs its deleted forms: none to compare.",
    )


def test_where_latency_is_that_of_int8_it_is_said():
    places = {name: place.model_dump() for name, place in TWO_PLACES.deployments.items()}
    places["batch_16"] |= {"runtime": "onnxruntime", "dtype": "int8"}
    spec = TWO_PLACES.with_overrides({"deployments": places})
    info = front_info(TWO_PLACE_TRIALS, spec)
    line = "Latency at batch_16 is that of INT8, accuracy that of float32."
    assert verdict(info)[-2:] == (line, SAME_IMAGES)
    assert line in footnotes(info)
    assert not any("INT8" in said for said in verdict(front_info(TWO_PLACE_TRIALS, TWO_PLACES)))
