"""Everything that can be known about a target network before training."""

from functools import lru_cache

import torch

from modsearch.architecture import Architecture
from modsearch.models import build
from modsearch.record import Measurement, Score
from modsearch.scoring.count import count
from modsearch.scoring.latency import time_in_turn
from modsearch.space import METRICS, Deployment, StudySpec, deployed_name


def measure(architecture: Architecture, spec: StudySpec) -> Score:
    """Parameters, GMACs and latency of the target at each of the study's deployments.

    Latencies come with the rounds of a reference network that ran in turn, see ``latency.time_in_turn``.
    """
    metrics: dict[str, Measurement] = {}
    log_ratios: dict[str, tuple[float, ...]] = {}
    uncounted: set[str] = set()
    for place, deployment in spec.deployments.items():
        model = build_target(architecture, deployment)
        counted = count(model, deployment.image_size)
        reference = _reference(spec.reference_architecture.to_json(), deployment)
        timing = time_in_turn({"candidate": model, "reference": reference}, deployment)
        found = {
            "relative_latency": timing.relative_latency("candidate", "reference"),
            "latency_ms": timing.latency_ms("candidate"),
            "gmacs": Measurement.exact(counted.gmacs, METRICS["gmacs"].unit),
        }
        metrics |= {deployed_name(name, place, spec.deployments): value for name, value in found.items()}
        metrics["params"] = Measurement.exact(counted.params, METRICS["params"].unit)
        log_ratios[place] = timing.log_ratios("candidate", "reference")
        uncounted.update(counted.uncounted)
    return Score(metrics=metrics, log_ratios=log_ratios, uncounted=tuple(sorted(uncounted)))


def build_target(architecture: Architecture, deployment: Deployment) -> torch.nn.Module:
    """The target with weights that do not depend on what was built before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(architecture, deployment.num_classes, deployment.image_size).eval()


@lru_cache(maxsize=8)
def _reference(architecture_json: str, deployment: Deployment) -> torch.nn.Module:
    return build_target(Architecture.from_json(architecture_json), deployment)
