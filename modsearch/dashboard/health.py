"""Health: how a search is doing, without what only a clock says."""

from pathlib import Path
from typing import Any

from modsearch.analysis import Progress, progress
from modsearch.output.quantity import measured_json
from modsearch.record import Trial
from modsearch.search import Study, Watch, corner_of, count_refined, own_remeasurements


def health(study: Study, target: str) -> dict[str, Any]:
    """What runs where, what failed and why, the pace, what is left, what was spent and saved; times in seconds."""
    header = study.header
    watch = Watch(study, Path(header.folder if "://" in target else target))
    trials = study.trials()
    found = progress(trials, study.spec, corner_of(header, trials), own_remeasurements(study))
    num_networks, num_trainings = count_refined(study)
    return {
        **_counts(found),
        "is_driven": watch.is_driven(),
        "is_elsewhere": watch.is_elsewhere(),
        "workers": {name: state.model_dump() for name, state in watch.workers().items()},
        "running": [_running(trial) for trial in found.current],
        "failures": found.failures,
        "hypervolume": [list(point) for point in found.hypervolume_curve],
        "gain_last_hour": found.gain_last_hour,
        "search_s": found.search_s,
        "trained_an_hour": found.trained_an_hour,
        "time_left_s": found.time_left_s,
        "budget": found.budget.model_dump(mode="json"),
        "spent_s": found.ledger.spent_s,
        "saved_s": found.ledger.saved_s,
        "self_check": {name: measured_json(check) for name, check in header.self_check.items()},
        "refined": {"networks": num_networks, "trainings": num_trainings},
    }


def _counts(found: Progress) -> dict[str, int]:
    names = ("complete", "failed", "pruned", "screened", "repeats", "num_awaiting", "num_uncertain")
    return {name: getattr(found, name) for name in names}


def _running(trial: Trial) -> dict[str, Any]:
    network = trial.architecture
    return {
        "trial": trial.number,
        "id": network.id if network else None,
        "description": network.describe() if network else "",
        "doing": "training" if trial.score else "timing",
    }
