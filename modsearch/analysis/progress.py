"""Progress: how far a search has come, what went wrong, and what is left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from modsearch.analysis.ledger import Ledger, ledger
from modsearch.analysis.point import scored_points
from modsearch.record import (
    Remeasurement,
    Trial,
    awaiting,
    curve_gain,
    hypervolume_curve,
    measured_part,
    remeasured,
    search_seconds,
    uncertain,
    violations,
)
from modsearch.space import Budget, StudySpec
from modsearch.statistic import pareto_front


@dataclass(frozen=True)
class Progress:
    """The state of a search. Repeats, which are answered from the record, are counted as such alone.

    Attributes:
        study: the study's name.
        complete: networks that were trained to the end, each once.
        running: networks that are being scored, or were when their driver died.
        failed: trials that ended without a result.
        pruned: networks that violate a constraint or were screened out.
        screened: those of them whose training was stopped.
        repeats: proposals that the record answered.
        front_ids: the networks that no other dominates.
        num_awaiting: networks that must be measured before the front is known: they are only predicted.
        num_uncertain: networks that the front rests on and whose latency is known less well than was asked for.
        hypervolume_reference: the point down to which hypervolume is taken, one value an objective.
        hypervolume_curve: search time in seconds and hypervolume after each trial; of predicted values where the search
            goes by them.
        gain_last_hour: the fraction by which the hypervolume grew in the last hour of search time.
        failures: reason -> how many trials failed with it, the most frequent first.
        search_s: device-seconds so far.
        trained_an_hour: networks that are complete or screened, an hour of search time; None before the first.
        time_left_s: until the budget is spent, at this pace; None where nothing says so.
        budget: when the search ends.
        current: what is being scored now.
        ledger: where the device-seconds went, and how many were saved.
    """

    study: str
    complete: int
    running: int
    failed: int
    pruned: int
    screened: int
    repeats: int
    front_ids: tuple[str, ...]
    num_awaiting: int
    num_uncertain: int
    hypervolume_reference: tuple[float, ...]
    hypervolume_curve: tuple[tuple[float, float], ...]
    gain_last_hour: float
    failures: dict[str, int]
    search_s: float
    trained_an_hour: float | None
    time_left_s: float | None
    budget: Budget
    current: tuple[Trial, ...]
    ledger: Ledger

    @property
    def hypervolume(self) -> float:
        """What the front dominates now."""
        return self.hypervolume_curve[-1][1] if self.hypervolume_curve else 0.0


def progress(
    trials: Sequence[Trial],
    spec: StudySpec,
    hypervolume_reference: Sequence[float],
    remeasurements: Sequence[Remeasurement] = (),
) -> Progress:
    """Read the progress off the trials of a study, and off what was measured later at its own deployments."""
    first = [trial for trial in trials if not trial.is_repeat and trial.state != "waiting"]
    states = Counter(trial.state for trial in first)
    num_screened = sum(trial.is_screened for trial in first)
    networks = scored_points(trials)
    curve = hypervolume_curve(remeasured(trials, remeasurements, spec), spec, hypervolume_reference)
    reported = measured_part(trials, remeasurements, spec)
    num_judged, search_s = len(networks) + num_screened, search_seconds(trials)
    failures = Counter(trial.reason for trial in first if trial.state == "failed")
    return Progress(
        study=spec.name,
        complete=len(networks),
        running=states["running"],
        failed=states["failed"],
        pruned=states["pruned"],
        screened=num_screened,
        repeats=len([trial for trial in trials if trial.is_repeat]),
        front_ids=_front_ids(*reported),
        num_awaiting=len({network.id for network, _ in awaiting(trials, remeasurements, spec)}),
        num_uncertain=len({network.id for network, _ in uncertain(*reported)}),
        hypervolume_reference=tuple(hypervolume_reference),
        hypervolume_curve=curve,
        gain_last_hour=curve_gain(curve),
        failures=dict(failures.most_common()),
        search_s=search_s,
        trained_an_hour=3600 * num_judged / search_s if num_judged and search_s else None,
        time_left_s=_time_left_s(spec.budget, num_judged, search_s),
        budget=spec.budget,
        current=tuple(trial for trial in first if trial.state == "running"),
        ledger=ledger(trials, spec),
    )


def _front_ids(trials: Sequence[Trial], spec: StudySpec) -> tuple[str, ...]:
    kept = [point for point in scored_points(trials) if not violations(point.architecture, point.score, spec)]
    values = [point.score.values(spec.objectives) for point in kept]
    return tuple(kept[index].id for index in pareto_front(values, spec.directions))


def _time_left_s(budget: Budget, num_judged: int, search_s: float) -> float | None:
    """Until the nearer of the two limits that can be foreseen."""
    num_left = None if budget.trials is None else max(0, budget.trials - num_judged)
    left = [] if budget.hours is None else [max(0.0, 3600 * budget.hours - search_s)]
    if num_left == 0:
        left.append(0.0)
    elif num_left is not None and num_judged and search_s:
        left.append(num_left * search_s / num_judged)
    return min(left, default=None)
