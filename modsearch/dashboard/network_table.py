"""Every network of a study, column by column: what a page draws and filters."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from modsearch.analysis import FrontInfo, Objective, RefinedInfo
from modsearch.architecture import Architecture, published_name
from modsearch.output import speedup_json
from modsearch.output.quantity import measured_json
from modsearch.record import Environment, Measurement, Score, Trial, violations
from modsearch.space import StudySpec

Standing = Literal["front", "dominated", "unmeasured", "infeasible", "screened", "running", "failed"]
"""On the front; behind it; trained, but its cost is only predicted; a constraint is violated; training was stopped;
is being scored; has no score."""
_RANK = ("complete", "pruned", "running", "failed")


def network_table(
    trials: Sequence[Trial], spec: StudySpec, info: FrontInfo, refined: RefinedInfo | None
) -> dict[str, Any]:
    """Each network that was tried once, by the trial that says most of it; null where something is not known.

    Args:
        trials: of the study, with what was measured since.
        spec: of the study.
        info: its front.
        refined: what was trained anew.
    """
    scored: dict[str, Standing] = {point.id: "dominated" for point in info.others}
    scored |= {point.id: "front" for point in info.members}
    rows = [_Row(trial, trial.architecture, _standing(trial, spec, scored)) for trial in best_trials(trials)]
    names = list(dict.fromkeys(name for row in rows for name in row.score.metrics))
    environments = list(dict.fromkeys(filter(None, (row.environment for row in rows))))
    again = {network.id: network for network in refined.networks} if refined else {}
    columns: dict[str, Callable[[_Row], Any]] = {
        "id": lambda row: row.network.id,
        "trial": lambda row: row.trial.number,
        "standing": lambda row: row.standing,
        "reason": lambda row: row.trial.reason,
        "description": lambda row: row.network.describe(),
        "published": lambda row: published_name(row.network),
        "placement": lambda row: row.network.placement,
        "kind": lambda row: row.network.light_label,
        "family": lambda row: row.network.describe().partition(" [")[0],
        "depth": lambda row: sum(row.network.depths),
        "num_light": lambda row: row.network.num_light_blocks,
        "sizes": lambda row: _sizes(row.network),
        "selected": lambda row: _selected(row.network),
        "deleted": lambda row: row.network.deleted().id if row.network.num_light_blocks else None,
        "curve": lambda row: [epoch.accuracy for epoch in row.score.learning_curve],
        "seconds": lambda row: row.trial.seconds,
        "environment": lambda row: environments.index(row.environment) if row.environment else None,
        "hardly_selects": lambda row: row.score.hardly_selects if row.score.selectivity else None,
        "selectivity": lambda row: [[one.stage, one.index, one.other_set, one.tied] for one in row.score.selectivity],
        "uncertain": lambda row: list(info.uncertain.get(row.network.id, ())),
        "membership": lambda row: info.membership.get(row.network.id),
        "near_membership": lambda row: again[row.network.id].near_membership if row.network.id in again else None,
    }
    return {
        "num": len(rows),
        "columns": {name: [of(row) for row in rows] for name, of in columns.items()},
        "metrics": {name: _metric(name, [row.score.metrics.get(name) for row in rows]) for name in names},
        "speedups": {place: [_speedup(row.score, place) for row in rows] for place in spec.deployments},
        "environments": [environment.describe() for environment in environments],
    }


class _Row:
    """A network and the trial that says most of it."""

    def __init__(self, trial: Trial, network: Architecture | None, standing: Standing) -> None:
        assert network is not None
        self.trial, self.network, self.standing = trial, network, standing
        self.score = trial.score or Score(metrics={})

    @property
    def environment(self) -> Environment | None:
        """Of the first metric that was measured somewhere."""
        return next((found.environment for found in self.score.metrics.values() if found.environment), None)


def best_trials(trials: Sequence[Trial]) -> list[Trial]:
    """Of each network that was tried the trial that says most of it: a complete one before a pruned one, and so on."""
    found: dict[str, Trial] = {}
    for trial in trials:
        if trial.architecture is None or trial.is_repeat or trial.state not in _RANK:
            continue
        other = found.get(trial.architecture.id)
        if other is None or _RANK.index(trial.state) < _RANK.index(other.state):
            found[trial.architecture.id] = trial
    return list(found.values())


def _standing(trial: Trial, spec: StudySpec, scored: Mapping[str, Standing]) -> Standing:
    """Of a network; ``scored`` has that of those which are scored and break no constraint."""
    assert trial.architecture is not None
    if trial.state in ("running", "failed"):
        return "running" if trial.state == "running" else "failed"
    if trial.state == "pruned":
        return "screened" if trial.is_screened else "infeasible"
    if trial.architecture.id in scored:
        return scored[trial.architecture.id]
    assert trial.score is not None
    return "infeasible" if violations(trial.architecture, trial.score, spec) else "unmeasured"


def _sizes(network: Architecture) -> list[str]:
    """The different sizes of its light blocks, such as c = 4: as they are written."""
    light = [block for stage in network.stages for block in stage if block.size_name]
    return list(dict.fromkeys(f"{block.size_name} = {getattr(block, block.size_name)}" for block in light))


def _selected(network: Architecture) -> list[list[int]]:
    """Channels that leave each stage, and how many of them its light blocks work on; 0 where it has none."""
    rows = []
    for stage, channels in zip(network.stages, network.out_channels, strict=True):
        light = next((block for block in stage if not block.is_standard), None)
        rows.append([channels, light.num_selected(channels) if light else 0])
    return rows


def _metric(name: str, measured: Sequence[Measurement | None]) -> dict[str, Any]:
    about = Objective.named(name)
    return {
        "unit": about.unit,
        "direction": about.direction,
        "label": about.label,
        **{
            end: [None if found is None else measured_json(found)[end] for found in measured]
            for end in ("value", "low", "high")
        },
    }


def _speedup(score: Score, place: str) -> Mapping[str, Any] | None:
    return speedup_json(score.speedups[place]) if place in score.speedups else None
