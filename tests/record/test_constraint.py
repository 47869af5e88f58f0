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
