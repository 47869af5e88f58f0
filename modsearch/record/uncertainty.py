"""Uncertainty: latencies that are not known as well as was asked for, and what stands for them once timed again."""

from collections.abc import Sequence

from modsearch.architecture import Architecture
from modsearch.record.constraint import violations
from modsearch.record.measurement import Score
from modsearch.record.remeasurement import Remeasurement
from modsearch.record.trial import Trial
from modsearch.space import METRICS, StudySpec, deployed_name, metric
from modsearch.statistic.front import dominates, pareto_front

Pairs = list[tuple[Architecture, str]]


def remeasured(trials: Sequence[Trial], remeasurements: Sequence[Remeasurement], spec: StudySpec) -> list[Trial]:
    """The trials, each with the better of its own timing and a later one at the same deployment of the study.

    Better is a narrower interval of the relative latency. Timings of two environments do not compare: then a trial
    keeps its own.
    """
    found: dict[str, list[Remeasurement]] = {}
    for remeasurement in remeasurements:
        found.setdefault(remeasurement.architecture_id, []).append(remeasurement)
    return [
        _better(trial, found.get(trial.architecture.id, ()), spec) if trial.architecture else trial for trial in trials
    ]


def uncertain(trials: Sequence[Trial], spec: StudySpec) -> Pairs:
    """The networks that a front rests on, each with a deployment where its timing ended before it was precise.

    A front rests on its members; on the networks near it, which would be members if their latencies lay at the lower
    ends of their intervals; and on the deleted forms of both, which MoD networks are held against. An interval is too
    wide where its half-width is not below ``timing.half_width``. Only deployments count that an objective is timed at.

    Args:
        trials: as they are reported, see ``measured_part``.
        spec: that belongs to them.
    """
    scored: dict[str, tuple[Architecture, Score]] = {}
    for trial in trials:
        if trial.state == "complete" and not trial.is_repeat and trial.architecture and trial.score:
            scored.setdefault(trial.architecture.id, (trial.architecture, trial.score))
    kept = {key: pair for key, pair in scored.items() if not violations(*pair, spec)}
    wide = {key: places for key, (_, score) in kept.items() if (places := _wide(score, spec))}
    if not wide:
        return []
    values = {key: score.values(spec.objectives) for key, (_, score) in kept.items()}
    members = [list(values)[index] for index in pareto_front(list(values.values()), spec.directions)]
    near = [
        key
        for key in wide.keys() - members
        if not any(
            dominates(values[member], _at_best(kept[key][1], wide[key], spec), spec.directions) for member in members
        )
    ]
    rests_on = [*members, *sorted(near)]
    deleted = [kept[key][0].deleted().id for key in rests_on if kept[key][0].num_light_blocks]
    return [(kept[key][0], place) for key in dict.fromkeys((*rests_on, *deleted)) for place in wide.get(key, ())]


def timed_score(remeasurement: Remeasurement, spec: StudySpec) -> Score:
    """What was timed, under the names that the study's own timings have."""
    metrics = {
        _at(name, remeasurement.place, spec): measurement
        for name, measurement in remeasurement.score.metrics.items()
        if METRICS[name].is_timed
    }
    return Score(metrics=metrics, timed=remeasurement.score.timed, speedups=remeasurement.score.speedups)


def _wide(score: Score, spec: StudySpec) -> tuple[str, ...]:
    """The deployments at which the latency is known less well than was asked for, of those that objectives name."""
    first = next(iter(spec.deployments))
    places = dict.fromkeys(name.partition("@")[2] or first for name in spec.objectives if metric(name).is_timed)
    found = []
    for place in places:
        latency = score.metrics.get(_at("relative_latency", place, spec))
        if latency is not None and latency.half_width >= spec.timing.half_width_for(spec.deployments[place]):
            found.append(place)
    return tuple(found)


def _at_best(score: Score, places: Sequence[str], spec: StudySpec) -> tuple[float, ...]:
    """The objectives, those that are timed at these deployments at the lower ends of their intervals."""
    first = next(iter(spec.deployments))
    return tuple(
        score.metrics[name].low
        if metric(name).is_timed and (name.partition("@")[2] or first) in places
        else score.metrics[name].value
        for name in spec.objectives
    )


def _better(trial: Trial, remeasurements: Sequence[Remeasurement], spec: StudySpec) -> Trial:
    if trial.state != "complete" or trial.is_repeat or trial.score is None:
        return trial
    score = trial.score
    for remeasurement in remeasurements:
        if remeasurement.place not in spec.deployments:
            continue
        own = score.metrics.get(_at("relative_latency", remeasurement.place, spec))
        again = remeasurement.score.metrics["relative_latency"]
        if own is not None and own.environment == again.environment and again.half_width < own.half_width:
            score = score.merged(timed_score(remeasurement, spec))
    return trial if score is trial.score else trial.model_copy(update={"score": score})


def _at(name: str, place: str, spec: StudySpec) -> str:
    return deployed_name(name, place, spec.deployments)
