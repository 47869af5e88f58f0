"""Search time: device-seconds summed over all starts, and what was found by when."""

from collections.abc import Sequence

from modsearch.record.constraint import violations
from modsearch.record.trial import Trial
from modsearch.space import StudySpec
from modsearch.statistic.front import dominates, hypervolume, pareto_front


def search_seconds(trials: Sequence[Trial]) -> float:
    """Device-seconds that these trials took; where a trial was torn away, those of its epochs that are known."""
    return sum(trial.seconds or _epoch_seconds(trial) for trial in trials)


def hypervolume_curve(
    trials: Sequence[Trial], spec: StudySpec, reference: Sequence[float]
) -> tuple[tuple[float, float], ...]:
    """Search time in seconds and hypervolume after each trial, in the order of proposal: no clock is asked.

    Networks that violate a constraint, repeats and trials without a result do not move it.
    """
    seconds, volume = 0.0, 0.0
    front: list[tuple[float, ...]] = []
    curve = []
    for trial in trials:
        seconds += search_seconds([trial])
        values = _values(trial, spec)
        if values is not None and not any(dominates(point, values, spec.directions) for point in front):
            points = [*front, values]
            kept = [points[index] for index in pareto_front(points, spec.directions)]
            if kept != front:
                front, volume = kept, hypervolume(kept, spec.directions, reference)
        curve.append((seconds, volume))
    return tuple(curve)


def hypervolume_gain(
    trials: Sequence[Trial], spec: StudySpec, reference: Sequence[float], window_s: float = 3600.0
) -> float:
    """By which fraction of itself the hypervolume grew in the last so many seconds of search time; 0 for none yet."""
    return curve_gain(hypervolume_curve(trials, spec, reference), window_s)


def curve_gain(curve: Sequence[tuple[float, float]], window_s: float = 3600.0) -> float:
    """The same, of a curve that is known already."""
    if not curve or curve[-1][1] == 0:
        return 0.0
    end_s, volume = curve[-1]
    before = [earlier_volume for seconds, earlier_volume in curve if seconds <= end_s - window_s]
    return (volume - (before[-1] if before else 0.0)) / volume


def _values(trial: Trial, spec: StudySpec) -> tuple[float, ...] | None:
    """The objectives of a network that was trained and keeps every constraint."""
    if trial.state != "complete" or trial.is_repeat or trial.architecture is None or trial.score is None:
        return None
    is_violator = spec.constraints and violations(trial.architecture, trial.score, spec)
    return None if is_violator else trial.score.values(spec.objectives)


def _epoch_seconds(trial: Trial) -> float:
    return sum(epoch.seconds for epoch in trial.score.learning_curve) if trial.score and not trial.is_repeat else 0.0
