"""Metrics: what a network is scored by."""

from collections.abc import Iterable
from dataclasses import dataclass
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
    """

    name: str
    unit: str
    direction: Literal["maximize", "minimize"]
    label: str
    is_trained: bool = False
    is_deployed: bool = False


METRICS = {
    each.name: each
    for each in (
        Metric("accuracy", "fraction", "maximize", "top-1 accuracy of the proxy (validation)", is_trained=True),
        Metric("relative_latency", "x reference", "minimize", "latency / reference latency", is_deployed=True),
        Metric(
            "predicted_relative_latency",
            "x reference",
            "minimize",
            "predicted latency / reference latency",
            is_deployed=True,
        ),
        Metric("latency_ms", "ms", "minimize", "latency (ms a batch)", is_deployed=True),
        Metric("latency_p90_ms", "ms", "minimize", "90th percentile of latency (ms a batch)", is_deployed=True),
        Metric("peak_memory_mb", "MB", "minimize", "peak memory (MB)", is_deployed=True),
        Metric("gmacs", "GMACs", "minimize", "GMACs an image", is_deployed=True),
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
    for each in METRICS.values():
        many = each.is_deployed and len(places) > 1
        names += [deployed_name(each.name, place, places) for place in places] if many else [each.name]
    return tuple(names)


def deployed_name(name: str, deployment: str, deployments: Iterable[str]) -> str:
    """The name of a deployed metric in a study with these deployments."""
    return f"{name}@{deployment}" if len(tuple(deployments)) > 1 else name


def check_metric(path: str, name: str, deployments: Iterable[str]) -> None:
    """Raise ValueError where a study with these deployments has no metric of that name."""
    known = metric_names(deployments)
    if name not in known:
        raise ValueError(must_be(path, one_of(known), name, known))
