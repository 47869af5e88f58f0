"""Samplers by name."""

from warnings import catch_warnings

import optuna
from optuna.exceptions import ExperimentalWarning

from modsearch.space import StudySpec


def create_sampler(spec: StudySpec, num_trials: int) -> optuna.samplers.BaseSampler:
    """The study's sampler.

    Args:
        spec: names the sampler, its seed and the budget.
        num_trials: how many trials the study has already: a resumed search draws on, it does not draw again.
    """
    seed = (spec.seed * 1_000_003 + num_trials) % 2**32
    if spec.sampler == "nsga2":
        population = min(50, max(8, (spec.budget.trials or 250) // 5))
        return optuna.samplers.NSGAIISampler(population_size=population, seed=seed)
    if spec.sampler == "tpe":
        with catch_warnings(action="ignore", category=ExperimentalWarning):
            return optuna.samplers.TPESampler(multivariate=True, seed=seed)
    if spec.sampler == "gp":
        return optuna.samplers.GPSampler(seed=seed)
    return optuna.samplers.RandomSampler(seed=seed)
