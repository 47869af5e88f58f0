"""Metrics: what a network is scored by."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from modsearch.message import must_be, one_of


@dataclass(frozen=True)
class Metric:
    """A figure of merit.

    Attributes:
        name: the name in YAML, JSON and tables.
        unit: the unit of its values.
        direction: which way is better.
        label: the axis title.
        is_trained: it costs a training run; all others are known before one.
        is_deployed: it depends on where the network is deployed.
        is_timed: it takes a run of the network there.
    """

    name: str
    unit: str
    direction: Literal["maximize", "minimize"]
    label: str
    is_trained: bool = False
    is_deployed: bool = False
    is_timed: bool = False


_deployed = partial(Metric, is_deployed=True)
_timed = partial(_deployed, is_timed=True)
METRICS = {
    known_metric.name: known_metric
    for known_metric in (
        Metric("accuracy", "fraction", "maximize", "top-1 accuracy of the proxy (validation)", is_trained=True),
        _timed("relative_latency", "x reference", "minimize", "latency / reference latency"),
        _deployed("predicted_relative_latency", "x reference", "minimize", "predicted latency / reference latency"),
        _timed("latency_ms", "ms", "minimize", "latency (ms a batch)"),
        _timed("latency_p90_ms", "ms", "minimize", "90th percentile of latency (ms a batch)"),
        _timed("peak_memory_mb", "MB", "minimize", "peak memory (MB)"),
        _deployed("gmacs", "GMACs", "minimize", "GMACs an image"),
        Metric("params", "parameters", "minimize", "parameters"),
    )
}


def metric(name: str) -> Metric:
    """The metric behind a name such as ``params`` or ``relative_latency@cpu``."""
    return METRICS[name.partition("@")[0]]


def metric_names(deployments: Iterable[str]) -> tuple[str, ...]:
    """The names that a study's metrics have: ``METRIC@DEPLOYMENT`` where there are several deployments."""
    places = tuple(deployments)
    names: list[str] = []
    for known_metric in METRICS.values():
        many = known_metric.is_deployed and len(places) > 1
        names += [deployed_name(known_metric.name, place, places) for place in places] if many else [known_metric.name]
    return tuple(names)


def deployed_name(name: str, deployment: str, deployments: Iterable[str]) -> str:
    """The name of a deployed metric in a study with these deployments."""
    return f"{name}@{deployment}" if len(tuple(deployments)) > 1 else name


def check_metric(path: str, name: str, deployments: Iterable[str]) -> None:
    """Raise ValueError where a study with these deployments has no metric of that name."""
    known = metric_names(deployments)
    if name not in known:
        raise ValueError(must_be(path, one_of(known), name, known))
