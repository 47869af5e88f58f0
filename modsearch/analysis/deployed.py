"""What a study measured of one network at each of its deployments."""

from collections.abc import Mapping
from dataclasses import dataclass

from modsearch.record import Measurement, Score, Speedup
from modsearch.space import METRICS, Deployment, StudySpec, deployed_name

_LEAST_MS = 1e-9  # of an interval's end that can be divided by


@dataclass(frozen=True)
class Deployed:
    """A network at one deployment.

    Attributes:
        place: the deployment's name.
        deployment: what it is.
        measured: metric name, without the deployment -> what a clock gave: counts are the same everywhere.
        speedup: what MoD blocks save there; None for a network without them, or where it was not timed.
    """

    place: str
    deployment: Deployment
    measured: Mapping[str, Measurement]
    speedup: Speedup | None

    @property
    def throughput(self) -> Measurement | None:
        """Images a second at the median latency; None where that was not measured."""
        latency = self.measured.get("latency_ms")
        if latency is None or latency.low < _LEAST_MS:
            return None
        return latency.throughput(self.deployment.batch_size)


def deployed_networks(score: Score, spec: StudySpec) -> tuple[Deployed, ...]:
    """In the order of the study's deployments; those without any measurement are left out."""
    found = [
        Deployed(place, deployment, _measured(score, place, spec), score.speedups.get(place))
        for place, deployment in spec.deployments.items()
    ]
    return tuple(deployed for deployed in found if deployed.measured or deployed.speedup)


def _measured(score: Score, place: str, spec: StudySpec) -> dict[str, Measurement]:
    names = {
        metric.name: deployed_name(metric.name, place, spec.deployments)
        for metric in METRICS.values()
        if metric.is_deployed
    }
    return {
        short: score.metrics[name]
        for short, name in names.items()
        if name in score.metrics and score.metrics[name].environment is not None
    }
