"""Restoration: what a finished trial lost with a damaged line, as far as the rest of the journal tells it."""

from collections.abc import Iterator
from itertools import product
from math import prod

from optuna.distributions import distribution_to_json
from optuna.storages.journal._storage import JournalOperation
from optuna.trial import FrozenTrial, TrialState

from modsearch.architecture import Architecture
from modsearch.record import Measurement, Score
from modsearch.search.store.damage import Damage, entry_line
from modsearch.search.store.header import Header
from modsearch.search.store.trial_codec import to_trial
from modsearch.space import StudySpec, metric

_MAX_GUESSES = 10_000


def restore(damage: Damage, header: Header) -> Iterator[str]:
    """Enter again what trials lost that are complete, or will be. Yields what stays lost, a sentence a trial."""
    trials, spec = damage.record._trials, header.spec
    for number, trial in trials.items():
        is_complete = trial.state == TrialState.COMPLETE
        if not (is_complete or (trial.state == TrialState.RUNNING and "score" in trial.user_attrs)):
            continue
        attrs = dict(_attrs(trial, header))
        lines = [*_params(trial, spec, trials), *(_attr_line(number, *each) for each in attrs.items())]
        _enter(damage, number, lines)
        if is_complete and "architecture" not in trial.user_attrs.keys() | attrs:
            yield f"trial {number} stays complete, but which network it was is lost"
        if "score" in attrs:
            yield f"trial {number} keeps its {' and '.join(spec.objectives)}; what else its score said is lost"


def _enter(damage: Damage, number: int, lines: list[bytes]) -> None:
    """Enter lines before the one that ends the trial, or at the end: Optuna refuses them after it."""
    mark = f'"trial_id":{number},"state":{TrialState.COMPLETE:d},'.encode()
    for index, line in enumerate(damage.lines if lines else ()):
        if mark in line:
            damage.lines[index:index] = lines
            return
    if damage.record._trials[number].state == TrialState.RUNNING:
        damage.lines += lines


def _params(trial: FrozenTrial, spec: StudySpec, trials: dict[int, FrozenTrial]) -> Iterator[bytes]:
    """The parameters that are missing: such ones that all of them together mean the trial's network."""
    missing = {name: each for name, each in spec.space.parameters.items() if name not in trial.params}
    architecture = to_trial(trial).architecture
    if architecture is None or not missing or prod(each.num_choices for each in missing.values()) > _MAX_GUESSES:
        return
    for values in product(*(each.values for each in missing.values())):
        guess = dict(zip(missing, values, strict=True))
        if spec.space.decode(trial.params | guess) == architecture:
            break
    else:
        return
    for name, value in guess.items():
        for distribution in [each.distributions[name] for each in trials.values() if name in each.distributions][:1]:
            yield entry_line(
                JournalOperation.SET_TRIAL_PARAM,
                trial_id=trial.number,
                param_name=name,
                param_value_internal=distribution.to_internal_repr(value),
                distribution=distribution_to_json(distribution),
            )


def _attrs(trial: FrozenTrial, header: Header) -> Iterator[tuple[str, Architecture | Score]]:
    """The network from the parameters, and the score from the values that Optuna was told."""
    known, spec = to_trial(trial), header.spec
    if known.architecture is None and spec.space.parameters.keys() <= trial.params.keys():
        yield "architecture", spec.space.decode(trial.params)
    score = known.score or Score(metrics={})
    told = dict(zip(spec.objectives, trial.values, strict=True)) if trial.values else {}
    if not known.is_repeat and not told.keys() <= score.metrics.keys():
        values = {name: _value(name, value, header) for name, value in told.items() if name not in score.metrics}
        yield "score", score.merged(Score(metrics=values))


def _value(name: str, value: float, header: Header) -> Measurement:
    return Measurement(
        value=value, low=value, high=value, unit=metric(name).unit, environment=header.environments.get(name)
    )


def _attr_line(number: int, name: str, value: Architecture | Score) -> bytes:
    attr = {name: value.model_dump(mode="json")}
    return entry_line(JournalOperation.SET_TRIAL_USER_ATTR, trial_id=number, user_attr=attr)
