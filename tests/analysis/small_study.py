"""A study small enough to work out by hand: ResNets for CIFAR on accuracy and relative latency."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from modsearch.architecture import Architecture, MoD, Standard
from modsearch.record import SPEEDUP_UNIT, Environment, Measurement, Score, Speedup, State, Trial
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
    blocks = tuple(tuple(Standard() if letter == "S" else MoD(c=4) for letter in stage) for stage in stages)
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


def speedup(gmacs: float, plain_gmacs: float, *measured: float) -> Speedup:
    """``measured``: value, low and high; nothing for a network that was not timed."""
    ends = dict(zip(("value", "low", "high"), measured, strict=False))
    timed = Measurement(**ends, num_samples=30, unit=SPEEDUP_UNIT, environment=ENVIRONMENT) if measured else None
    return Speedup(gmacs=gmacs, plain_gmacs=plain_gmacs, measured=timed)


SAVING = speedup(0.03, 0.05, 1.2, 1.1, 1.3)  # of MOD: 40 % of the MACs
LOSING = speedup(0.04, 0.05, 0.9, 0.8, 0.98)  # of UNPAIRED_MOD: 20 %
UNDECIDED = speedup(0.04, 0.05, 1.6, 0.53, 4.9)  # as a busy machine gives it


def with_speedups(trials: Sequence[Trial], found: dict[str, dict[str, Speedup]]) -> tuple[Trial, ...]:
    """The trials, the scores of these ids with these speed-ups by deployment."""
    return tuple(
        found_trial.model_copy(
            update={"score": found_trial.score.model_copy(update={"speedups": found[found_trial.architecture.id]})}
        )
        if found_trial.score and found_trial.architecture and found_trial.architecture.id in found
        else found_trial
        for found_trial in trials
    )


SPEEDUP_TRIALS = with_speedups(TRIALS, {MOD.id: {"cpu": SAVING}, UNPAIRED_MOD.id: {"cpu": LOSING}})
UNDECIDED_TRIALS = with_speedups(TRIALS, {MOD.id: {"cpu": SAVING}, UNPAIRED_MOD.id: {"cpu": UNDECIDED}})

PLACES = ("batch_1", "batch_16")
TWO_PLACES = SPEC.with_overrides(
    {
        "deployments": {
            place: SPEC.deployments["cpu"].model_copy(update={"batch_size": int(place.partition("_")[2])})
            for place in PLACES
        },
        "objectives": ("accuracy", *(f"relative_latency@{place}" for place in PLACES)),
    }
)


def at_two_places(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """The trials, each latency and count at both deployments: at ``batch_16`` a plain network takes 0.9 of it."""
    return tuple(_at_two_places(found_trial) if found_trial.score else found_trial for found_trial in trials)


def _at_two_places(found_trial: Trial) -> Trial:
    assert found_trial.score is not None
    assert found_trial.architecture is not None
    factors = dict(zip(PLACES, (1.0, 1.0 if found_trial.architecture.num_mod_blocks else 0.9), strict=True))
    metrics = {name: found_trial.score.metrics[name] for name in ("accuracy", "params")}
    for place, factor in factors.items():
        latency = found_trial.score.metrics["relative_latency"]
        ends = {name: getattr(latency, name) * factor for name in ("value", "low", "high")}
        metrics[f"relative_latency@{place}"] = latency.model_copy(update=ends)
        metrics[f"gmacs@{place}"] = found_trial.score.metrics["gmacs"]
    return found_trial.model_copy(update={"score": found_trial.score.model_copy(update={"metrics": metrics})})


TWO_PLACE_TRIALS = with_speedups(
    at_two_places(TRIALS),
    {
        MOD.id: {"batch_1": SAVING, "batch_16": speedup(0.03, 0.05, 1.5, 1.4, 1.6)},
        UNPAIRED_MOD.id: {"batch_1": LOSING, "batch_16": speedup(0.04, 0.05, 1.1, 1.05, 1.2)},
    },
)
