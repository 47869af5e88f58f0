"""The progress of a search as a table and as JSON."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from modsearch.analysis import Progress
from modsearch.architecture import Architecture
from modsearch.output.quantity import measured_json, show_duration, show_interval, show_value
from modsearch.output.table.fact import fact_table, show_limits
from modsearch.record import Measurement, Trial
from modsearch.search import WorkerState

_BARS = "▁▂▃▄▅▆▇█"
_NUM_BARS = 32
_MAX_REASONS = 8


@dataclass(frozen=True)
class Status:
    """A study as it is seen at one moment.

    Attributes:
        progress: what its trials say.
        is_driven: a search is at work on it now; None where that cannot be told.
        ages_s: trial number -> seconds since it began, for those that have not ended.
        self_check: relative latencies of the reference network timed against itself; about 1 on a quiet machine.
        workers: worker -> what it is doing, for a search on a cluster.
        is_elsewhere: a trial runs whose folder is on another machine, or was: nothing else is known of that search.
        first_design: after how many trained networks the hypervolume's corner is fixed; 0 where it is.
        num_refined: how many networks were trained anew, and how many such trainings there are.
    """

    progress: Progress
    is_driven: bool | None
    ages_s: Mapping[int, float]
    self_check: Mapping[str, Measurement]
    workers: Mapping[str, WorkerState] = field(default_factory=dict)
    is_elsewhere: bool = False
    first_design: int = 0
    num_refined: tuple[int, int] = (0, 0)


def status_table(status: Status) -> Table:
    """One row a fact: counts, pace, front, failures, and where the time went."""
    progress = status.progress
    return fact_table(progress.study, (*_state(status), *_found(status), *_cost(status), *_failures(progress)))


def status_json(status: Status) -> dict[str, Any]:
    """The same as JSON values; times in seconds, ``front`` is a number of networks."""
    progress = status.progress
    return {
        "study": progress.study,
        "is_driven": status.is_driven,
        "is_elsewhere": status.is_elsewhere,
        "complete": progress.complete,
        "running": progress.running,
        "failed": progress.failed,
        "pruned": progress.pruned,
        "screened": progress.screened,
        "repeats": progress.repeats,
        "ages_s": {str(number): age for number, age in status.ages_s.items()},
        "workers": {name: state.model_dump() for name, state in status.workers.items()},
        "front": len(progress.front_ids),
        "front_ids": list(progress.front_ids),
        "awaiting": progress.num_awaiting,
        "uncertain": progress.num_uncertain,
        "hypervolume": progress.hypervolume,
        "hypervolume_reference": list(progress.hypervolume_reference),
        "first_design": status.first_design,
        "hypervolume_curve": [list(point) for point in progress.hypervolume_curve],
        "gain_last_hour": progress.gain_last_hour,
        "failures": progress.failures,
        "search_s": progress.search_s,
        "trained_an_hour": progress.trained_an_hour,
        "time_left_s": progress.time_left_s,
        "budget": json.loads(progress.budget.model_dump_json()),
        "ledger": {"spent_s": progress.ledger.spent_s, "saved_s": progress.ledger.saved_s},
        "refined": dict(zip(("networks", "trainings"), status.num_refined, strict=True)),
        "self_check": {name: measured_json(check) for name, check in status.self_check.items()},
    }


def sparkline(curve: Sequence[tuple[float, float]]) -> str:
    """The hypervolume over search time, from nothing to what it is now, one character a stretch of time."""
    if not curve or curve[-1][1] <= 0:
        return ""
    end_s, top = curve[-1]
    reached = [
        max((volume for seconds, volume in curve if seconds <= end_s * (index + 1) / _NUM_BARS), default=0.0)
        for index in range(_NUM_BARS)
    ]
    return "".join(_BARS[min(len(_BARS) - 1, int(volume / top * len(_BARS)))] for volume in reached)


def _state(status: Status) -> list[tuple[str, str]]:
    progress = status.progress
    screened = f" ({progress.screened} screened)" if progress.screened else ""
    counts = (
        f"{progress.complete} complete, {progress.running} running, {progress.failed} failed, "
        f"{progress.pruned} pruned{screened}, {progress.repeats} answered from the record"
    )
    state = "running" if status.is_driven else _rest(status)
    lines = _workers(status) if status.workers else [_current(trial, status) for trial in progress.current]
    now = [("" if index and status.workers else "now", text) for index, text in enumerate(lines)]
    return [("search", state), ("trials", counts), *now]


def _found(status: Status) -> list[tuple[str, str]]:
    progress = status.progress
    checks = [
        ("self-check", f"{name} {show_value(check.value, check.unit)} ({show_interval(check)}), should be 1")
        for name, check in status.self_check.items()
    ]
    size, num_awaiting, num_uncertain = len(progress.front_ids), progress.num_awaiting, progress.num_uncertain
    predicted = f"; {num_awaiting} more to be measured, only predicted so far" if num_awaiting else ""
    waits = f" (provisional: its corner is fixed after {status.first_design} trained networks)"
    provisional = waits if status.first_design else ""
    wide = f"; {num_uncertain} that it rests on timed less precisely than asked for" if num_uncertain else ""
    volume = f"hypervolume {progress.hypervolume:.4f}{provisional}"
    line = f"{sparkline(progress.hypervolume_curve)} {100 * progress.gain_last_hour:.1f} % of it in the last hour"
    return [
        ("front", f"{size} network{'s' * (size != 1)}, {volume}{predicted}{wide}"),
        ("", line.strip()),
        *_refined(status),
        *checks,
    ]


def _refined(status: Status) -> list[tuple[str, str]]:
    num_networks, num_trainings = status.num_refined
    words = f"{num_networks} network{'s' * (num_networks != 1)} trained anew, {num_trainings} times in all"
    return [("refined", words)] if num_networks else []


def _cost(status: Status) -> list[tuple[str, str]]:
    progress = status.progress
    num_busy = sum(state.doing in ("measuring", "training") for state in status.workers.values())
    return [
        ("pace", _pace(progress, num_busy)),
        ("budget", _budget(progress, num_busy)),
        ("spent", _durations(progress.ledger.spent_s)),
        ("saved", _durations(progress.ledger.saved_s)),
    ]


def _failures(progress: Progress) -> list[tuple[str, str]]:
    reasons = [f"{count} x {reason}" for reason, count in progress.failures.items()]
    shown, num_more = reasons[:_MAX_REASONS], len(reasons) - _MAX_REASONS
    shown += [f"and {num_more} other reasons"] if num_more > 0 else []
    return [("" if index else "failures", text) for index, text in enumerate(shown)]


def _rest(status: Status) -> str:
    if status.is_driven is None:
        return "at work, or not: it is another user's, and its lock cannot be read"
    if status.is_elsewhere:
        return "at work on another machine, or left by a search that died there"
    is_spent = status.progress.time_left_s == 0
    return "the budget is spent" if is_spent else "not running; the same search command goes on"


def _current(trial: Trial, status: Status) -> str:
    network = trial.architecture.describe() if trial.architecture else ""
    left = "on another machine" if status.is_elsewhere else "left by a search that died"
    left = "at work, or left by a search that died" if status.is_driven is None else left
    doing = ("training" if trial.score else "timing") if status.is_driven else left
    age_s = status.ages_s.get(trial.number)
    age = "" if age_s is None else f", begun {show_duration(age_s)} ago"
    return f"trial {trial.number}, {doing}{age}: {network}"


def _workers(status: Status) -> list[str]:
    """One line a worker, and one for what none of them has: it waits for one, or is with another search."""
    networks = {trial.number: trial.architecture for trial in status.progress.current}
    lines = [_worker(name, state, networks) for name, state in status.workers.items()]
    num_others = len(networks.keys() - {state.number for state in status.workers.values()})
    return lines + [f"{num_others} more wait for a worker, or are with another search"] * (num_others > 0)


def _worker(name: str, state: WorkerState, networks: Mapping[int, Architecture | None]) -> str:
    age = f"for {show_duration(max(0.0, time.time() - state.since))}"
    if state.number is None:
        return f"{name}: {state.doing} {age}"
    network = networks.get(state.number)
    epoch = f", epoch {state.epoch} done" if state.epoch else ""
    return f"{name}: {state.doing} trial {state.number} {age}{epoch}: {network.describe() if network else ''}"


def _pace(progress: Progress, num_busy: int) -> str:
    pace = "" if progress.trained_an_hour is None else f", {progress.trained_an_hour:.3g} networks an hour"
    added, per_worker = (", added up over workers", " each") if num_busy > 1 else ("", "")
    return f"{show_duration(progress.search_s)} of search{added}{pace}{per_worker if pace else ''}"


def _budget(progress: Progress, num_busy: int) -> str:
    limits = show_limits(progress.budget)
    if progress.time_left_s is None:
        return limits
    if num_busy < 2:
        return f"{limits}; {show_duration(progress.time_left_s)} left"
    return f"{limits}; {show_duration(progress.time_left_s / num_busy)} left with {num_busy} workers"


def _durations(seconds: dict[str, float]) -> str:
    return (
        ", ".join(f"{name} {show_duration(duration)}" for name, duration in seconds.items() if duration)
        or "nothing yet"
    )
