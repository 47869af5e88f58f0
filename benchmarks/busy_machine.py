"""What a busy machine costs a search: the quickstart on an idle machine, and beside processes that only count.

    python benchmarks/busy_machine.py [--busy 2] [--trials 16] [--repeats 1] [--half-width W] [--before CHECKOUT]

Runs the command line, ``modsearch search`` on scikit-learn's digits, with nothing beside it and beside so many busy
processes of the same priority; with ``--before`` also with nothing beside it and the code of another checkout, such as
a release's. They take turns, in an order that is drawn anew each time, after a short search that is not counted. With
``--half-width 0.5`` every network is timed in three processes, which is precise enough then: else a search takes as
long as its timings have luck, and two of the same code differ by a fifth. ``--busy 0`` leaves the busy searches out.
Prints seconds by the clock and of processors, how the timings ended, and the ratios as JSON: beside two processes
(goal: at most 3), and idle to idle before (goal: at most 1.02). Needs an otherwise idle machine, and says what the load
was.
"""

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from modsearch.models.device import processor
from modsearch.search import load_study

HERE = Path(__file__).parents[1].resolve()
BUSY = [sys.executable, "-c", "while True: pass"]


@contextmanager
def busy_processes(number: int) -> Iterator[None]:
    """So many processes count while the body runs."""
    processes = [subprocess.Popen(BUSY) for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def search(trials: int, num_busy: int, checkout: Path, half_width: float) -> dict[str, Any]:
    """One search from its start to its front, in a process of its own that runs the code of a checkout."""
    with tempfile.TemporaryDirectory() as folder, busy_processes(num_busy):
        run, space = Path(folder) / "run", Path(folder) / "digits_quickstart.yaml"
        shipped = (HERE / "search_spaces" / space.name).read_text()
        space.write_text(f"{shipped}timing: {{half_width: {half_width:g}}}\n")
        command = [sys.executable, "-m", "modsearch", "search", str(space)]
        load, before, start = os.getloadavg()[0], _cpu_s(), time.monotonic()
        done = subprocess.run(
            [*command, "--out", str(run), "--trials", str(trials)],
            check=True,
            capture_output=True,
            text=True,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(checkout)},
        )
        wall_s, cpu_s = time.monotonic() - start, _cpu_s() - before
        scores = [trial.score for trial in load_study(str(run)).trials() if trial.score]
        return {
            "wall_s": wall_s,
            "cpu_s": cpu_s,
            "endings": dict(Counter(timed.ending for score in scores for timed in score.timed.values())),
            "says_busy": done.stdout.count("This machine is busy"),
            "load_before": load,
        }


def _cpu_s() -> float:
    """Of the processes that were waited for; the timing's server, which outlives none of them, is among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--busy", type=int, default=2, help="processes beside the second search")
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--half-width", type=float, default=0.03, help="of the interval that is precise enough")
    parser.add_argument("--before", type=Path, help="a checkout to hold the idle time against")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "busy_machine.json")
    given = parser.parse_args()
    kinds = {"idle": (0, HERE)} | ({"busy": (given.busy, HERE)} if given.busy else {})
    if given.before:
        kinds["idle before"] = (0, given.before.resolve())
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in kinds}
    generator = random.Random(0)
    search(2, 0, HERE, given.half_width)  # files are read for the first time
    for _ in range(given.repeats):
        for name, (num_busy, checkout) in generator.sample(list(kinds.items()), len(kinds)):
            runs[name].append(search(given.trials, num_busy, checkout, given.half_width))
            print(f"{name}: {runs[name][-1]}", file=sys.stderr, flush=True)
    seconds = {name: median(run["wall_s"] for run in found) for name, found in runs.items()}
    facts = {
        "machine": {"processor": processor(), "cpus": len(os.sched_getaffinity(0)), "system": platform.platform()},
        "trials": given.trials,
        "busy_processes": given.busy,
        "half_width": given.half_width,
        "runs": runs,
        **({"ratio": seconds["busy"] / seconds["idle"]} if given.busy else {}),
        **({"idle_ratio": seconds["idle"] / seconds["idle before"]} if given.before else {}),
    }
    given.out.write_text(json.dumps(facts, indent=2) + "\n")
    print(json.dumps(facts, indent=2))


if __name__ == "__main__":
    main()
