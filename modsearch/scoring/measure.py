"""Everything that can be known about a target network before training."""

import math
from functools import lru_cache

import torch

from modsearch.architecture import Architecture
from modsearch.models import build
from modsearch.record import Measurement, Score
from modsearch.scoring.count import count
from modsearch.scoring.latency import PairedTiming, median_interval, time_pair
from modsearch.space import METRICS, Deployment, StudySpec, deployed_name


def measure(architecture: Architecture, spec: StudySpec) -> Score:
    """Parameters, GMACs and latency of the target at each of the study's deployments.

    Latencies come with the rounds of a reference network that ran in turn, see ``latency.time_pair``.
    """
    metrics: dict[str, Measurement] = {}
    log_ratios: dict[str, tuple[float, ...]] = {}
    uncounted: set[str] = set()
    for place, deployment in spec.deployments.items():
        model = _build(architecture, deployment)
        counted = count(model, deployment.image_size)
        timing = time_pair(model, _reference(spec.reference_architecture.to_json(), deployment), deployment)
        found = _latencies(timing) | {"gmacs": Measurement.exact(counted.gmacs, METRICS["gmacs"].unit)}
        metrics |= {deployed_name(name, place, spec.deployments): value for name, value in found.items()}
        metrics["params"] = Measurement.exact(counted.params, METRICS["params"].unit)
        log_ratios[place] = timing.log_ratios
        uncounted.update(counted.uncounted)
    return Score(metrics=metrics, log_ratios=log_ratios, uncounted=tuple(sorted(uncounted)))


def _latencies(timing: PairedTiming) -> dict[str, Measurement]:
    ratio = tuple(math.exp(each) for each in median_interval(timing.log_ratios))
    return {
        "relative_latency": _measured("relative_latency", ratio, timing),
        "latency_ms": _measured("latency_ms", median_interval(timing.candidate_ms), timing),
    }


def _measured(name: str, interval: tuple[float, ...], timing: PairedTiming) -> Measurement:
    value, low, high = interval
    return Measurement(
        value=value,
        low=low,
        high=high,
        num_samples=len(timing.candidate_ms),
        unit=METRICS[name].unit,
        environment=timing.environment,
    )


def _build(architecture: Architecture, deployment: Deployment) -> torch.nn.Module:
    """The target with weights that do not depend on what was built before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(architecture, deployment.num_classes, deployment.image_size).eval()


@lru_cache(maxsize=8)
def _reference(architecture_json: str, deployment: Deployment) -> torch.nn.Module:
    return _build(Architecture.from_json(architecture_json), deployment)
