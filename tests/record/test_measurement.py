import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modsearch.message import parse
from modsearch.record import Environment, Epoch, Measurement, Score, Speedup, Timed

HERE = Environment(device="a processor", threads=2, software="torch 2")
ACCURACY = Measurement(value=0.5, low=0.4, high=0.6, num_samples=100, unit="fraction", environment=HERE)
PARAMS = Measurement.exact(1234, "parameters")

finite = st.floats(allow_nan=False)  # infinite ones too
ROUNDS = Timed(log_ratios=((0.1,),), ending="rounds")
OTHERS = Timed(log_ratios=((0.2,),), ending="budget")

environments = st.builds(Environment, device=st.text(), threads=st.integers(1, 64), software=st.text())
measurements = st.builds(
    Measurement,
    value=finite,
    low=finite,
    high=finite,
    num_samples=st.integers(1),
    unit=st.text(),
    environment=st.none() | environments,
)
timed = st.builds(
    Timed,
    log_ratios=st.lists(st.lists(finite, max_size=3).map(tuple), max_size=3).map(tuple),
    ending=st.sampled_from(["precise", "budget", "rounds"]),
    num_repeated=st.integers(0, 9),
    clock_mhz=st.none() | st.tuples(finite, finite),
    temperature_c=st.none() | st.tuples(finite, finite),
)
speedups = st.builds(
    Speedup, gmacs=st.floats(1e-9, 1e18), plain_gmacs=st.floats(1e-9, 1e18), measured=st.none() | measurements
)
scores = st.builds(
    Score,
    metrics=st.dictionaries(st.text(), measurements, max_size=3),
    timed=st.dictionaries(st.text(), timed, max_size=2),
    speedups=st.dictionaries(st.text(), speedups, max_size=2),
    learning_curve=st.lists(
        st.builds(Epoch, loss=finite, accuracy=st.floats(0, 1), seconds=st.floats(0, 1e9)), max_size=3
    ).map(tuple),
    correct=st.text(),
    uncounted=st.lists(st.text(), max_size=2).map(tuple),
)


@given(scores)
def test_score_round_trip(score: Score) -> None:
    assert Score.model_validate_json(score.model_dump_json()) == score
    assert parse(Score, score.model_dump(mode="json")) == score


def test_score_of_a_diverged_network_can_be_read_back() -> None:
    score = Score(metrics={}, learning_curve=(Epoch(loss=math.nan, accuracy=0.1, seconds=1),))
    assert math.isnan(Score.model_validate_json(score.model_dump_json()).learning_curve[0].loss)


def test_exact_count() -> None:
    assert PARAMS.model_dump() == {
        "value": 1234,
        "low": 1234,
        "high": 1234,
        "num_samples": 1,
        "unit": "parameters",
        "environment": None,
    }


def test_throughput_is_of_images() -> None:
    found = Measurement(value=20, low=16, high=25, num_samples=9, unit="ms", environment=HERE).throughput(4)
    assert (found.value, found.low, found.high, found.unit) == (200, 160, 250, "images/s")
    assert (found.num_samples, found.environment) == (9, HERE)


def test_values_are_in_the_order_asked_for() -> None:
    score = Score(metrics={"params": PARAMS, "accuracy": ACCURACY})
    assert score.values(("accuracy", "params")) == (0.5, 1234)


def test_merged_keeps_what_either_knows() -> None:
    measured = Score(metrics={"params": PARAMS}, timed={"cpu": ROUNDS}, uncounted=("aten::mean",))
    trained = Score(
        metrics={"accuracy": ACCURACY}, learning_curve=(Epoch(loss=1, accuracy=0.5, seconds=2),), correct="/w=="
    )
    for merged in (measured.merged(trained), trained.merged(measured)):
        assert merged.metrics == {"params": PARAMS, "accuracy": ACCURACY}
        assert merged.timed == {"cpu": ROUNDS}
        assert merged.uncounted == ("aten::mean",)
        assert merged.learning_curve == trained.learning_curve
        assert merged.correct == "/w=="


def test_merged_prefers_the_other() -> None:
    newer = Measurement.exact(99, "parameters")
    before = Score(metrics={"params": PARAMS}, timed={"cpu": ROUNDS}, correct="AA==", uncounted=("a",))
    after = Score(
        metrics={"params": newer},
        timed={"cpu": OTHERS},
        correct="/w==",
        uncounted=("b",),
    )
    assert before.merged(after) == after


@pytest.mark.parametrize(("threads", "text"), [(1, "1 thread"), (2, "2 threads")])
def test_environment_in_one_line(threads: int, text: str) -> None:
    assert HERE.model_copy(update={"threads": threads}).describe() == f"a processor, {text}, torch 2"


def test_broken_record_names_its_field() -> None:
    data = {"metrics": {"gmacs": {"value": 1, "low": 1, "high": 1}}}
    with pytest.raises(ValueError, match=r"^study x\.metrics\.gmacs\.unit must be given\.$"):
        parse(Score, data, "study x")
    with pytest.raises(ValueError, match=r"^timed\.cpu\.log_ratios\[0\]\[1\] must be a number\. Got 'b' instead\.$"):
        parse(Score, {"metrics": {}, "timed": {"cpu": {"log_ratios": [[1, "b"]], "ending": "precise"}}})
