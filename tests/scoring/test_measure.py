"""What a target scores before training: names, units, intervals."""

import math

import pytest

from modsearch.architecture import MoD, preset
from modsearch.models import build
from modsearch.record import Score
from modsearch.scoring import count, measure
from modsearch.space import StudySpec, metric, metric_names
from tests.models.tiny import tiny
from tests.scoring.conftest import DEPLOYMENT

NETWORK = tiny("resnet_basic", MoD(c=4, reduction=4))
TIMED = ("relative_latency", "latency_ms", "latency_p90_ms", "peak_memory_mb")
DEPLOYED = (*TIMED, "gmacs")

pytestmark = pytest.mark.usefixtures("short_samples")


def known_before_training(spec: StudySpec) -> set[str]:
    """What is measured: predictions need a table, and then nothing is timed."""
    names = metric_names(spec.deployments)
    return {name for name in names if not (metric(name).is_trained or name.startswith("predicted"))}


def check_intervals(score: Score) -> None:
    for name, found in score.metrics.items():
        assert (name.partition("@")[0] in TIMED) == (found.environment is not None)
        assert 0 < found.low <= found.value <= found.high, name
        assert found.unit == metric(name).unit
        assert math.isfinite(found.high)


def test_one_deployment_gives_plain_names(spec: StudySpec) -> None:
    score = measure(NETWORK, spec)
    assert set(score.metrics) == {*DEPLOYED, "params"} == known_before_training(spec)
    check_intervals(score)
    assert {name: found.unit for name, found in score.metrics.items()} == {
        "relative_latency": "x reference",
        "latency_ms": "ms",
        "latency_p90_ms": "ms",
        "peak_memory_mb": "MB",
        "gmacs": "GMACs",
        "params": "parameters",
    }
    assert [len(rounds) for rounds in score.timed["cpu"].log_ratios] == [4, 4, 4]
    assert score.metrics["latency_ms"].num_samples == 12
    assert score.timed["cpu"].ending == "precise"


@pytest.mark.slow
def test_two_deployments_give_a_name_each(spec: StudySpec) -> None:
    large = DEPLOYMENT.model_copy(update={"image_size": 16, "batch_size": 1})
    spec = spec.with_overrides(
        {"deployments": {"small": DEPLOYMENT, "large": large}, "objectives": ("accuracy", "params")}
    )
    score = measure(NETWORK, spec)
    places = ("small", "large")
    deployed = {f"{name}@{place}" for name in DEPLOYED for place in places}
    assert set(score.metrics) == {"params"} | deployed == known_before_training(spec)
    check_intervals(score)
    assert set(score.timed) == set(places)
    # convolutions cost four times as much at twice the size; linear layers cost the same
    ratio = score.metrics["gmacs@large"].value / score.metrics["gmacs@small"].value
    assert 3.9 < ratio < 4


def test_counts_are_exact_and_belong_to_no_machine(spec: StudySpec) -> None:
    score = measure(NETWORK, spec)
    expected = count(build(NETWORK, 10, 8), 8)
    for name, value in (("gmacs", expected.gmacs), ("params", expected.params)):
        found = score.metrics[name]
        assert (found.value, found.low, found.high, found.num_samples) == (value, value, value, 1)
        assert found.environment is None
    assert score.uncounted == expected.uncounted


def test_relative_latency_is_the_median_of_the_ratios(spec: StudySpec) -> None:
    score = measure(NETWORK, spec)
    ordered = sorted(ratio for rounds in score.timed["cpu"].log_ratios for ratio in rounds)
    assert math.log(score.metrics["relative_latency"].value) == pytest.approx((ordered[5] + ordered[6]) / 2)


def test_the_reference_itself_can_be_measured(spec: StudySpec) -> None:
    architecture = preset(spec.reference).architecture
    check_intervals(measure(architecture, spec))
