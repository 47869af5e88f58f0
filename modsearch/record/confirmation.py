"""Confirmation: a search may go by predicted latencies; what it reports was measured."""

from collections.abc import Sequence

from modsearch.architecture import Architecture
from modsearch.record.constraint import violations
from modsearch.record.measurement import Measurement, Score
from modsearch.record.remeasurement import Remeasurement
from modsearch.record.trial import Trial
from modsearch.record.uncertainty import remeasured
from modsearch.space import StudySpec
from modsearch.statistic.front import pareto_front

_PREDICTED = "predicted_"


def predicted_objectives(spec: StudySpec) -> dict[str, str]:
    """The objectives that are only predicted, each with the study's deployment that it is about."""
    first = next(iter(spec.deployments))
    return {name: name.partition("@")[2] or first for name in spec.objectives if name.startswith(_PREDICTED)}


def measured_name(name: str) -> str:
    """The metric that a prediction is about; any other stays."""
    return name.removeprefix(_PREDICTED)


def measured_part(
    trials: Sequence[Trial], remeasurements: Sequence[Remeasurement], spec: StudySpec
) -> tuple[list[Trial], StudySpec]:
    """What is reported of a study: measured values in place of predicted ones, and the better of two timings.

    Complete trials of networks that were not measured at all of these deployments count as pruned: nothing is known of
    them that may be reported.

    Returns:
        The trials, and the spec with the measured objectives; the one given where nothing is predicted.
    """
    trials = remeasured(trials, remeasurements, spec)
    predicted = predicted_objectives(spec)
    if not predicted:
        return trials, spec
    objectives, wanted = tuple(map(measured_name, spec.objectives)), set(map(measured_name, predicted))
    found = _confirmed(remeasurements, spec)
    reported = []
    for trial in trials:
        update: dict[str, object] = {}
        if trial.state == "complete" and trial.architecture and trial.score and not trial.is_repeat:
            measured = found.get(trial.architecture.id, {})
            update = {"score": trial.score.merged(Score(metrics=measured))}
            if wanted != measured.keys():
                update = {"score": None, "state": "pruned", "reason": "its latency is only predicted"}
        reported.append(trial.model_copy(update=update))
    return reported, spec.model_copy(update={"objectives": objectives})


def awaiting(
    trials: Sequence[Trial], remeasurements: Sequence[Remeasurement], spec: StudySpec
) -> list[tuple[Architecture, str]]:
    """Networks and deployments of the study that must be measured before its front is known.

    They are those members of the front that are only predicted, where measured values stand for predicted ones as far
    as there are any, and the deleted forms of its networks with light blocks, which these are held against.
    """
    predicted, found = predicted_objectives(spec), _confirmed(remeasurements, spec)
    if not predicted:
        return []
    scored: dict[str, tuple[Architecture, Score]] = {}
    for trial in trials:
        if trial.state == "complete" and not trial.is_repeat and trial.architecture and trial.score:
            scored.setdefault(trial.architecture.id, (trial.architecture, trial.score))
    kept = {key: pair for key, pair in scored.items() if not violations(*pair, spec)}
    values = [_values(score, found.get(key, {}), spec) for key, (_, score) in kept.items()]
    members = [list(kept.values())[index][0] for index in pareto_front(values, spec.directions)]
    deleted = [member.deleted() for member in members if member.num_light_blocks]
    wanted = {architecture.id: architecture for architecture in (*members, *deleted) if architecture.id in kept}
    return [
        (architecture, place)
        for key, architecture in wanted.items()
        for name, place in predicted.items()
        if measured_name(name) not in found.get(key, {})
    ]


def _confirmed(remeasurements: Sequence[Remeasurement], spec: StudySpec) -> dict[str, dict[str, Measurement]]:
    """Architecture id -> the study's name of a measured objective -> what was measured at the study's deployment."""
    found: dict[str, dict[str, Measurement]] = {}
    for name, place in predicted_objectives(spec).items():
        plain = measured_name(name).partition("@")[0]
        for remeasurement in remeasurements:
            measured = remeasurement.score.metrics.get(plain)
            if remeasurement.place == place and measured is not None:
                found.setdefault(remeasurement.architecture_id, {})[measured_name(name)] = measured
    return found


def _values(score: Score, measured: dict[str, Measurement], spec: StudySpec) -> tuple[float, ...]:
    return tuple((measured.get(measured_name(name)) or score.metrics[name]).value for name in spec.objectives)
