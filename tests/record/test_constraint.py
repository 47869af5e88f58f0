"""Bounds on metrics: who is above them, and that the reference never is."""

from modsearch.architecture import preset
from modsearch.record import Measurement, Score, excesses, violations
from modsearch.space import load_spec

SPEC = load_spec("digits_quickstart").with_overrides({"constraints": [{"metric": "params", "max": 1000}]})
REFERENCE = SPEC.reference_architecture
OTHER = preset("resnet32_cifar").architecture


def score(params: float) -> Score:
    return Score(metrics={"params": Measurement.exact(params, "parameters")})


def test_above_at_and_below_the_bound() -> None:
    assert excesses(OTHER, score(1200), SPEC) == {"params": 200}
    assert violations(OTHER, score(1200), SPEC) == ["params is 1200, over 1000"]
    assert violations(OTHER, score(1000), SPEC) == []
    assert excesses(OTHER, score(900), SPEC) == {"params": -100}


def test_the_reference_is_exempt() -> None:
    assert violations(REFERENCE, score(1200), SPEC) == []
    assert excesses(REFERENCE, score(1200), SPEC) == {"params": 0}


def test_a_bound_holds_at_its_own_deployment() -> None:
    bound = {"constraints": [{"metric": "latency_ms@batch_16", "max": 5}]}
    spec = load_spec("digits_two_deployments").with_overrides(bound)

    def latencies(one: float, many: float) -> Score:
        names = {"latency_ms@batch_1": one, "latency_ms@batch_16": many}
        return Score(metrics={name: Measurement.exact(value, "ms") for name, value in names.items()})

    assert violations(OTHER, latencies(9, 4), spec) == []
    assert violations(OTHER, latencies(4, 9), spec) == ["latency_ms@batch_16 is 9, over 5"]
