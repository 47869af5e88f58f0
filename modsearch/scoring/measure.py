"""Everything that can be known about a target network before training."""

from collections.abc import Mapping

from modsearch.architecture import Architecture
from modsearch.record import LatencyTable, Measurement, Score, Speedup, Timed
from modsearch.scoring.count import count
from modsearch.scoring.latency import build_target, time_networks
from modsearch.scoring.speedup import plain_form, realised_speedup
from modsearch.space import METRICS, Deployment, StudySpec, TimingProtocol, deployed_name


def measure(architecture: Architecture, spec: StudySpec, tables: Mapping[str, LatencyTable] | None = None) -> Score:
    """Parameters, GMACs and latency of the target at each of the study's deployments.

    Where there is a latency table of a deployment, nothing is timed there: the latency is predicted. Of a deployment on
    another machine there are only counts: it times for itself.
    """
    found: dict[str, Measurement] = {}
    timed: dict[str, Timed] = {}
    speedups: dict[str, Speedup] = {}
    uncounted: set[str] = set()
    for place, deployment in spec.deployments.items():
        table = (tables or {}).get(place)
        if table is not None:
            score = predict_at(architecture, deployment, table)
        elif deployment.host is not None:
            score = _counted(architecture, deployment)
        else:
            score = measure_at(architecture, place, deployment, spec)
        found |= {
            deployed_name(name, place, spec.deployments) if METRICS[name].is_deployed else name: measurement
            for name, measurement in score.metrics.items()
        }
        timed |= score.timed
        speedups |= score.speedups
        uncounted.update(score.uncounted)
    return Score(metrics=found, timed=timed, speedups=speedups, uncounted=tuple(sorted(uncounted)))


def measure_at(architecture: Architecture, place: str, deployment: Deployment, spec: StudySpec) -> Score:
    """The same at one deployment, of that name, which need not be the study's: metrics have their plain names."""
    return measure_beside(architecture, spec.reference_architecture, place, deployment, spec.timing)


def measure_beside(
    architecture: Architecture, reference: Architecture, place: str, deployment: Deployment, protocol: TimingProtocol
) -> Score:
    """The same without a study. Latencies come with the rounds of ``reference``, see ``latency.time_networks``."""
    counted = _counted(architecture, deployment)
    networks = {"candidate": architecture, "reference": reference, **plain_form(architecture)}
    timing = time_networks(networks, deployment, protocol, [("candidate", "reference")])
    speedup = realised_speedup(architecture, counted.metrics["gmacs"].value, timing, deployment)
    measured = Score(
        metrics=timing.metrics("candidate", "reference"),
        timed={place: timing.timed("candidate", "reference")},
        speedups={} if speedup is None else {place: speedup},
    )
    return counted.merged(measured)


def predict_at(architecture: Architecture, deployment: Deployment, table: LatencyTable) -> Score:
    """The same without timing: a latency table of the deployment gives the latency.

    Raises:
        ValueError: the network has a block that the table does not know.
    """
    predicted = Score(metrics={"predicted_relative_latency": table.predict(architecture)})
    return _counted(architecture, deployment).merged(predicted)


def _counted(architecture: Architecture, deployment: Deployment) -> Score:
    """GMACs and parameters."""
    counted = count(build_target(architecture, deployment), deployment.image_size)
    metrics = {
        "gmacs": Measurement.exact(counted.gmacs, METRICS["gmacs"].unit),
        "params": Measurement.exact(counted.params, METRICS["params"].unit),
    }
    return Score(metrics=metrics, uncounted=counted.uncounted)
