"""A pool of twelve points on a line, and studies of it."""

from collections.abc import Iterable
from typing import Any

import optuna
from optuna.distributions import IntDistribution

from modsearch.search.propose.ehvi import Aim, EhviSampler, Pool

NUM_POINTS = 12
DISTRIBUTIONS = {"x": IntDistribution(0, NUM_POINTS - 1), "sign": IntDistribution(0, 1)}
AIM = Aim(("accuracy", "cost"), "accuracy", floor=0.0)


def pool(known: Any = None) -> Pool:
    """Twelve networks; ``sign`` means nothing."""
    points: Iterable[dict[str, int]] = ({"x": x, "sign": sign} for sign in (0, 1) for x in range(NUM_POINTS))
    return Pool(points, lambda point: (point["x"], [float(point["x"])]), [0], DISTRIBUTIONS, known)


def values(x: int) -> tuple[float, float]:
    """Accuracy, which is saturated from 8 on, and cost."""
    return min(x, 8) / 10, float(x + 1)


def study(sampler: EhviSampler) -> optuna.Study:
    return optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)


def objective(trial: optuna.Trial) -> tuple[float, float]:
    trial.suggest_int("sign", 0, 1)
    return values(trial.suggest_int("x", 0, NUM_POINTS - 1))


def asked(study: optuna.Study) -> list[int]:
    return [trial.params["x"] for trial in study.trials]
