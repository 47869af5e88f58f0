"""The progress of a search as a table and as JSON."""

import json
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from modsearch.analysis import Progress
from modsearch.output.quantity import show_duration
from modsearch.record import Trial

_BARS = "▁▂▃▄▅▆▇█"
_NUM_BARS = 32
_MAX_REASONS = 8


def status_table(progress: Progress, is_driven: bool) -> Table:
    """One row a fact: counts, pace, front, failures, and where the time went.

    Args:
        progress: of the study.
        is_driven: a search is at work on it now.
    """
    table = Table(title=progress.study, box=SIMPLE, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, text in _rows(progress, is_driven):
        table.add_row(name, escape(text))
    return table


def status_json(progress: Progress, is_driven: bool) -> dict[str, Any]:
    """The same as JSON values; times in seconds, ``front`` is a number of networks."""
    return {
        "study": progress.study,
        "is_driven": is_driven,
        "complete": progress.complete,
        "running": progress.running,
        "failed": progress.failed,
        "pruned": progress.pruned,
        "screened": progress.screened,
        "repeats": progress.repeats,
        "front": len(progress.front_ids),
        "front_ids": list(progress.front_ids),
        "hypervolume": progress.hypervolume,
        "hypervolume_curve": [list(each) for each in progress.hypervolume_curve],
        "gain_last_hour": progress.gain_last_hour,
        "failures": progress.failures,
        "search_s": progress.search_s,
        "trained_an_hour": progress.trained_an_hour,
        "time_left_s": progress.time_left_s,
        "budget": json.loads(progress.budget.model_dump_json()),
        "ledger": {"spent_s": progress.ledger.spent_s, "saved_s": progress.ledger.saved_s},
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
    return "".join(_BARS[min(len(_BARS) - 1, int(each / top * len(_BARS)))] for each in reached)


def _rows(progress: Progress, is_driven: bool) -> list[tuple[str, str]]:
    screened = f" ({progress.screened} screened)" if progress.screened else ""
    rows = [
        ("search", "running" if is_driven else _rest(progress)),
        (
            "trials",
            f"{progress.complete} complete, {progress.running} running, {progress.failed} failed, "
            f"{progress.pruned} pruned{screened}, {progress.repeats} answered from the record",
        ),
    ]
    rows += [("now", _current(trial)) for trial in progress.current]
    rows += [
        ("front", f"{len(progress.front_ids)} networks, hypervolume {progress.hypervolume:.4f}"),
        ("", f"{sparkline(progress.hypervolume_curve)} {100 * progress.gain_last_hour:+.1f} % in the last hour"),
        ("pace", _pace(progress)),
        ("budget", _budget(progress)),
        ("spent", _durations(progress.ledger.spent_s)),
        ("saved", _durations(progress.ledger.saved_s)),
    ]
    reasons = list(progress.failures.items())
    rows += [
        ("" if index else "failures", f"{count} x {reason}")
        for index, (reason, count) in enumerate(reasons[:_MAX_REASONS])
    ]
    rows += [("", f"and {len(reasons) - _MAX_REASONS} other reasons")] if len(reasons) > _MAX_REASONS else []
    return rows


def _rest(progress: Progress) -> str:
    return "the budget is spent" if progress.time_left_s == 0 else "not running; the same search command goes on"


def _current(trial: Trial) -> str:
    network = trial.architecture.describe() if trial.architecture else ""
    return f"trial {trial.number}, {'training' if trial.score else 'timing'}: {network}"


def _pace(progress: Progress) -> str:
    pace = "" if progress.trained_an_hour is None else f", {progress.trained_an_hour:.3g} networks an hour"
    return f"{show_duration(progress.search_s)} of search{pace}"


def _budget(progress: Progress) -> str:
    limits = [f"{name} {value:g}" for name, value in progress.budget.model_dump(exclude_none=True).items()]
    left = "" if progress.time_left_s is None else f"; {show_duration(progress.time_left_s)} left"
    return ", ".join(limits).replace("_", " ") + left


def _durations(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {show_duration(each)}" for name, each in seconds.items() if each) or "nothing yet"
