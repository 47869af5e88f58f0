"""Everything that can be known about a target network before training."""

from modsearch.architecture import Architecture
from modsearch.record import Measurement, Score, Timed
from modsearch.scoring.count import count
from modsearch.scoring.latency import build_target, time_networks
from modsearch.space import METRICS, Deployment, StudySpec, TimingProtocol, deployed_name


def measure(architecture: Architecture, spec: StudySpec) -> Score:
    """Parameters, GMACs and latency of the target at each of the study's deployments."""
    found: dict[str, Measurement] = {}
    timed: dict[str, Timed] = {}
    uncounted: set[str] = set()
    for place, deployment in spec.deployments.items():
        score = measure_at(architecture, place, deployment, spec)
        found |= {
            deployed_name(name, place, spec.deployments) if METRICS[name].is_deployed else name: each
            for name, each in score.metrics.items()
        }
        timed |= score.timed
        uncounted.update(score.uncounted)
    return Score(metrics=found, timed=timed, uncounted=tuple(sorted(uncounted)))


def measure_at(architecture: Architecture, place: str, deployment: Deployment, spec: StudySpec) -> Score:
    """The same at one deployment, of that name, which need not be the study's: metrics have their plain names."""
    return measure_beside(architecture, spec.reference_architecture, place, deployment, spec.timing)


def measure_beside(
    architecture: Architecture, reference: Architecture, place: str, deployment: Deployment, timing: TimingProtocol
) -> Score:
    """The same without a study. Latencies come with the rounds of ``reference``, see ``latency.time_networks``."""
    counted = count(build_target(architecture, deployment), deployment.image_size)
    timed = time_networks({"candidate": architecture, "reference": reference}, deployment, timing)
    metrics = timed.metrics("candidate", "reference") | {
        "gmacs": Measurement.exact(counted.gmacs, METRICS["gmacs"].unit),
        "params": Measurement.exact(counted.params, METRICS["params"].unit),
    }
    rounds = {place: timed.timed("candidate", "reference")}
    return Score(metrics=metrics, timed=rounds, uncounted=counted.uncounted)
