"""Trainings anew of a few small networks, with results that are chosen."""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

from modsearch.analysis import Evidence, RefinedInfo, RefinedNetwork, refined_info
from modsearch.architecture import Architecture
from modsearch.record import Control, Measurement, Planned, Refined, RefinementPlan, Role, Score, Task
from modsearch.space import Fidelity
from modsearch.statistic.interval import Z_95
from tests.analysis.small_study import network, packed
from tests.conformance.tabulated import study_spec

FIDELITY = Fidelity(image_size=32, epochs=2)
COST = "relative_latency"
PLAIN = [network("S" * depth, "S", "S") for depth in range(1, 13)]
LIGHT = [network("S" * depth + "M", "S", "S") for depth in range(1, 13)]  # without its MoD block it is that of PLAIN
Nums = tuple[int | None, ...]
Rows = Sequence[tuple[Planned, Score, Nums]]
LOW, HIGH = PLAIN[0], PLAIN[1]
FLAT: Nums = (500, 510, 490, 500)


def planned(architecture: Architecture, *roles: Role, control_of: Mapping[str, Control] | None = None) -> Planned:
    return Planned(architecture=architecture, roles=roles or ("chosen",), control_of=dict(control_of or {}))


def plan_of(*networks: Planned | Architecture) -> RefinementPlan:
    each = (one if isinstance(one, Planned) else planned(one) for one in networks)
    return RefinementPlan(fidelity=FIDELITY, networks=tuple(each))


def right(num: int, of: int = 1000) -> list[int]:
    """The first so many images."""
    return [1] * num + [0] * (of - num)


def accuracy(value: float, num_images: int = 1000) -> Measurement:
    return Measurement(value=value, low=value - 0.01, high=value + 0.01, num_samples=num_images, unit="fraction")


def latency(log_value: float, log_error: float = 0.0) -> Measurement:
    """By its logarithm and the standard error of that."""
    low, high = (exp(log_value + way * Z_95 * log_error) for way in (-1, 1))
    return Measurement(value=exp(log_value), low=low, high=high, unit="x reference")


def scored(log_cost: float, log_error: float = 0.0, proxy: float | None = None, **counts: float) -> Score:
    """As the search knows it; one that it did not train has no ``proxy``."""
    metrics = {COST: latency(log_cost, log_error)} | ({} if proxy is None else {"accuracy": accuracy(proxy)})
    return Score(metrics=metrics | {name: Measurement.exact(value, name) for name, value in counts.items()})


def trained(architecture: Architecture, replicate: int, bits: Sequence[int], **more: Measurement) -> Refined:
    """With these images right; ``more`` are other metrics."""
    score = Score(metrics={"accuracy": accuracy(sum(bits) / len(bits), len(bits)), **more}, correct=packed(bits))
    return Refined(task=Task(architecture=architecture, fidelity=FIDELITY, replicate=replicate), score=score)


def each(architecture: Architecture, *nums: int | None) -> list[Refined]:
    """In replicates 1, 2, ... with so many of 1,000 images right, the first ones; None where it failed."""
    return [trained(architecture, index + 1, right(num)) for index, num in enumerate(nums) if num is not None]


def without_bits(result: Refined) -> Refined:
    return result.model_copy(update={"score": result.score.model_copy(update={"correct": ""})})


def info_of(rows: Rows, results: Sequence[Refined] | None = None, **more: Any) -> RefinedInfo:
    """Each row a network, what the search knows of it, and how many of 1,000 images were right in each replicate."""
    found = [result for network, _, nums in rows for result in each(network.architecture, *nums)]
    evidence = Evidence(
        plan_of(*(network for network, _, _ in rows)),
        found if results is None else results,
        {network.id: score for network, score, _ in rows if score.metrics},
        more.pop("overlap", 0.0),
    )
    return refined_info(evidence, study_spec(name="small", objectives=("accuracy", COST), **more))


def found_of(info: RefinedInfo, architecture: Architecture) -> RefinedNetwork:
    return next(network for network in info.networks if network.id == architecture.id)


def shifted(nums: Nums, by: int) -> Nums:
    return tuple(None if num is None else num + by for num in nums)


def ladder(low: Nums, high: Nums, error: float = 0.0) -> Rows:
    """Two plain networks, of log costs 0 and 1."""
    return [(planned(LOW, "ladder"), scored(0.0, error), low), (planned(HIGH, "ladder"), scored(1.0, error), high)]
