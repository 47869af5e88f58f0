"""A study small enough to work out by hand: ResNets for CIFAR on accuracy and relative latency."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from modsearch.architecture import Architecture, MoD, Standard
from modsearch.record import Environment, Measurement, Score, State, Trial
from modsearch.space import StudySpec

ENVIRONMENT = Environment(device="Processor A", threads=2, software="torch 2.11")
OTHER_ENVIRONMENT = Environment(device="Processor B", threads=1, software="torch 2.11")

SPEC = StudySpec.model_validate(
    {
        "name": "small",
        "space": {
            "backbone": "resnet_basic",
            "stem": "cifar",
            "widths": [16, 32, 64],
            "depths": [{"standard": [1, 2, 3], "mod": [0, 1, 2]}] * 3,
            "placements": ["none", "alternating", "free"],
            "c": [4],
        },
        "reference": "resnet20_cifar",
        "deployments": {"cpu": {"image_size": 32, "num_classes": 10}},
        "fidelity": {"image_size": 32, "epochs": 1},
        "budget": {"trials": 8},
    }
)


def network(*stages: str) -> Architecture:
    """``network("SMS", "S", "S")``: S for a standard block, M for a MoD block of c = 4."""
    blocks = tuple(tuple(Standard() if each == "S" else MoD(c=4) for each in stage) for stage in stages)
    return Architecture(backbone="resnet_basic", stem="cifar", widths=(16, 32, 64), stages=blocks)


def score(accuracy: float, latency: float, **more: Any) -> Score:
    """Accuracy with an interval of 0.01 to each side over 1000 images; relative latency with one of 2 %."""
    metrics = {
        "accuracy": Measurement(
            value=accuracy, low=accuracy - 0.01, high=accuracy + 0.01, num_samples=1000, unit="fraction"
        ),
        "relative_latency": Measurement(
            value=latency,
            low=0.98 * latency,
            high=1.02 * latency,
            num_samples=30,
            unit="x reference",
            environment=more.get("environment", ENVIRONMENT),
        ),
        "params": Measurement.exact(more.get("params", 272474), "parameters"),
        "gmacs": Measurement.exact(0.0408, "GMACs"),
    }
    return Score(metrics=metrics, correct=more.get("correct", ""))


def trial(number: int, architecture: Architecture, scored: Score | None = None, **more: Any) -> Trial:
    state: State = more.pop("state", "complete")
    return Trial(number=number, state=state, architecture=architecture, score=scored, **more)


def packed(bits: Sequence[int]) -> str:
    """As a score stores which images were classified correctly."""
    return base64.b64encode(np.packbits(np.asarray(bits, np.uint8)).tobytes()).decode()


TINY = network("S", "S", "S")
PLAIN = network("SS", "S", "S")
MOD = network("SMS", "S", "S")  # without its MoD block it is PLAIN
UNPAIRED_MOD = network("S", "SM", "SM")  # without its MoD blocks it is TINY
REFERENCE = SPEC.reference_architecture

TRIALS = (
    trial(0, REFERENCE, score(0.80, 1.0)),
    trial(1, TINY, score(0.60, 0.4, params=70000)),
    trial(2, PLAIN, score(0.70, 0.6, params=120000)),
    trial(3, MOD, score(0.75, 0.7, params=125000)),
    trial(4, UNPAIRED_MOD, score(0.695, 0.65, params=90000)),
    trial(5, MOD, score(0.75, 0.7, params=125000), is_repeat=True),
    trial(6, network("SSS", "S", "S"), state="failed", reason="no memory"),
    trial(7, network("SS", "SS", "S"), state="pruned", reason="params 1 > 0"),
)
"""The front is TINY, PLAIN, MOD, REFERENCE; PLAIN dominates UNPAIRED_MOD."""
