"""Ledger: where the device-seconds of a study went, and how many were not spent."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from modsearch.record import Trial, search_seconds
from modsearch.space import StudySpec


@dataclass(frozen=True)
class Ledger:
    """Device-seconds of a study.

    Attributes:
        spent_s: on networks that were trained to the end (``complete``), stopped by ``screening`` or by
            ``constraints``, and on trials that ``failed``.
        saved_s: by the ``record``, which answers repeats: what the network had cost; by ``constraints``: what a network
            costs in the median, less what was spent; by ``screening``: the epochs that were not trained.
    """

    spent_s: dict[str, float]
    saved_s: dict[str, float]


def ledger(trials: Sequence[Trial], spec: StudySpec) -> Ledger:
    """Add up the trials of a study."""
    first = [trial for trial in trials if not trial.is_repeat]
    cost_s = {trial.architecture.id: search_seconds([trial]) for trial in first if trial.architecture}
    complete = [search_seconds([trial]) for trial in first if trial.state == "complete"]
    usual_s = median(complete) if complete else 0.0
    screened = [trial for trial in first if trial.is_screened]
    violators = [trial for trial in first if trial.state == "pruned" and not trial.is_screened]
    repeats = [trial.architecture.id for trial in trials if trial.is_repeat and trial.architecture]
    return Ledger(
        spent_s={
            "complete": sum(complete),
            "screening": search_seconds(screened),
            "constraints": search_seconds(violators),
            "failed": search_seconds([trial for trial in first if trial.state == "failed"]),
        },
        saved_s={
            "record": sum(cost_s.get(key, 0.0) for key in repeats),
            "constraints": sum(max(0.0, usual_s - search_seconds([trial])) for trial in violators),
            "screening": sum(_untrained_s(trial, spec.fidelity.epochs) for trial in screened),
        },
    )


def _untrained_s(trial: Trial, num_epochs: int) -> float:
    """What the missing epochs would have taken, each as long as those that were trained."""
    assert trial.score is not None
    curve = trial.score.learning_curve
    return (num_epochs - len(curve)) * sum(epoch.seconds for epoch in curve) / len(curve)
