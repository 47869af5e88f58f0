"""Samplers by name."""

from warnings import catch_warnings

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial

from modsearch.space import StudySpec

_NUM_STARTUP = 10
"""Networks that ``tpe`` and ``gp`` draw before they learn, as Optuna has it; of ``random``, which learns nothing, as
many count as its first design."""


def first_design(spec: StudySpec) -> int:
    """How many networks are trained before the sampler learns from them."""
    if spec.sampler == "nsga2":
        return _population(spec)
    if spec.sampler == "ehvi":
        from modsearch.search.propose.ehvi import NUM_FIRST

        return NUM_FIRST
    return _NUM_STARTUP


def _population(spec: StudySpec) -> int:
    return min(50, max(8, (spec.budget.trials or 250) // 5))


def create_sampler(spec: StudySpec, num_trials: int) -> optuna.samplers.BaseSampler:
    """The study's sampler.

    Several networks may be out at once, and each sampler is asked so that it then proposes another one: ``ehvi`` takes
    those at hand as tried, with the accuracy that it expects; ``tpe`` takes them as bad (a constant liar, which changes
    nothing with one at a time); ``gp`` conditions on them. ``nsga2`` breeds from finished parents alone, which is how
    an asynchronous evolution works, and ``random`` needs nothing; the proposer answers their repeats.

    Args:
        spec: names the sampler, its seed and the budget.
        num_trials: how many trials the study has already: a resumed search draws on, it does not draw again.
    """
    seed = (spec.seed * 1_000_003 + num_trials) % 2**32
    if spec.sampler == "nsga2":
        return optuna.samplers.NSGAIISampler(population_size=_population(spec), seed=seed)
    if spec.sampler == "tpe":
        with catch_warnings(action="ignore", category=ExperimentalWarning):
            return optuna.samplers.TPESampler(
                n_startup_trials=_NUM_STARTUP, multivariate=True, constant_liar=True, seed=seed
            )
    if spec.sampler == "gp":
        return optuna.samplers.GPSampler(n_startup_trials=_NUM_STARTUP, seed=seed)
    if spec.sampler == "ehvi":
        return _ehvi(spec, seed)
    return optuna.samplers.RandomSampler(seed=seed)


def _ehvi(spec: StudySpec, seed: int) -> optuna.samplers.BaseSampler:
    from modsearch.search.propose.ehvi import (  # scikit-learn takes a second to import
        Aim,
        EhviSampler,
        network_pool,
    )

    aim = Aim(
        objectives=spec.objectives,
        learnt="accuracy",
        floor=1 / spec.num_classes,
        bounds={constraint.metric: constraint.max for constraint in spec.constraints},
        read=_metrics,
    )
    return EhviSampler(network_pool(spec.space, spec.seed), aim, seed)


def _metrics(trial: FrozenTrial) -> dict[str, float]:
    """What was measured of a trial's network, also where it was pruned before training."""
    metrics = trial.user_attrs.get("score", {}).get("metrics", {})
    return {name: measurement["value"] for name, measurement in metrics.items()}
