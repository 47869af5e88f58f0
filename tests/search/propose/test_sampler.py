"""What samplers do about networks that are out: each proposes others, and with one at a time nothing differs."""

import optuna
import pytest

from modsearch.search.propose.sampler import create_sampler
from tests.conformance.tabulated import study_spec

NAMES = ("x", "y", "z")
NUM_VALUES = 4
Point = tuple[int, ...]


def study(sampler: optuna.samplers.BaseSampler) -> optuna.Study:
    return optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)


def ask(found: optuna.Study) -> tuple[optuna.Trial, Point]:
    trial = found.ask()
    return trial, tuple(trial.suggest_int(name, 0, NUM_VALUES - 1) for name in NAMES)


def values(point: Point) -> tuple[float, float]:
    return float(sum(point)), float(point[0] ** 2 + point[1])


def finished(found: optuna.Study, num: int) -> list[Point]:
    points = []
    for _ in range(num):
        trial, point = ask(found)
        found.tell(trial, values(point))
        points.append(point)
    return points


def num_different(found: optuna.Study, num: int) -> int:
    """Of so many points that are asked for at once."""
    return len({ask(found)[1] for _ in range(num)})


def test_tpe_avoids_what_is_out() -> None:
    num_with, num_without = 0, 0
    for seed in range(8):
        for is_told in (True, False):
            sampler = create_sampler(study_spec(sampler="tpe", seed=seed), 0)
            assert isinstance(sampler, optuna.samplers.TPESampler)
            sampler._constant_liar = sampler._constant_liar and is_told
            found = study(sampler)
            finished(found, 20)
            num = num_different(found, 8)
            num_with, num_without = num_with + num * is_told, num_without + num * (not is_told)
    assert num_with > 1.2 * num_without


@pytest.mark.slow
def test_gp_proposes_no_point_twice() -> None:
    found = study(create_sampler(study_spec(sampler="gp"), 0))
    finished(found, 12)
    assert num_different(found, 4) == 4


@pytest.mark.parametrize("seed", [0, 7])
def test_one_at_a_time_the_liar_changes_nothing(seed: int) -> None:
    plain = optuna.samplers.TPESampler(multivariate=True, constant_liar=False, seed=seed * 1_000_003)
    ours = create_sampler(study_spec(sampler="tpe", seed=seed), 0)
    assert finished(study(ours), 30) == finished(study(plain), 30)
