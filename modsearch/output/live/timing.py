"""How far the timing of a list of networks has come."""

import sys
from collections.abc import Iterable, Iterator

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from modsearch.output.live.screen import steady_console
from modsearch.record import Missed
from modsearch.search import Result


def watch_timing(results: Iterable[Result], total: int | None) -> Iterator[Result]:
    """Pass results on as they come, with a bar on stderr where that is a terminal.

    Args:
        results: of networks, one after the other.
        total: how many will come at most; None where nobody knows.
    """
    console = steady_console(sys.stderr)
    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.description}"))
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, *times, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("timing", total=total)
        for result in results:
            progress.update(bar, advance=1, description=_words(result))
            yield result


def _words(result: Result) -> str:
    if isinstance(result, Missed):
        return f"{result.architecture_id} cannot be timed"
    measured = result.score.metrics.get("relative_latency")
    return result.architecture_id if measured is None else f"{result.architecture_id} {measured.value:.3f}x"
