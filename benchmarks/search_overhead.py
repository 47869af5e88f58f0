"""What the search itself costs: time and memory of the driver, at scores that cost nothing.

    python benchmarks/search_overhead.py [ehvi nsga2 tpe random gp] [--trials 300] [--filled 1000 5000] [--memory 10000]

All on cifar10_resnet_small with the tabulated evaluator of the tests, in a journal, which is synced to the disk when a
trial is queued or ends. Milliseconds a trained network, written as JSON:

- ``ms_a_trained_network``: the whole loop from an empty study, by sampler and part. ``ask`` holds the sampler and the
  parameters, ``tell`` the answer, ``rest`` our own bookkeeping and the user attributes.
- ``ms_a_trial_at``: 20 trials in a study that is filled with so many, with the default sampler while 32 networks are
  out: the network is asked for and handed out, measured, told of its 8 epochs, and its scores and 1 MB of weights are
  written. Scores are as large as real ones: 8 epochs, 90 rounds of timing, 5,000 images.
- ``memory_mb``: of the process of a search that opens such a study of 10,000 trials and does 20, beside that of an
  empty one, which is torch for the most part.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import optuna

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.simulated import SimulatedEvaluator
from modsearch.machine import processor
from modsearch.record import Task
from modsearch.search import Listener, LocalExecutor, RunPlace, open_run
from modsearch.search.execute.assignment import Assignment, measure, train
from modsearch.search.execute.loop import Loop
from modsearch.search.propose import proposer
from modsearch.space import Budget, StudySpec, load_spec
from tests.conformance.tabulated import TabulatedEvaluator

NUM_OUT, NUM_TIMED = 32, 20


class Stopwatch:
    """Adds up the seconds spent in functions, each under a name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def watch(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

        return timed


def search(sampler: str, num_trials: int, folder: Path) -> dict[str, float]:
    """Milliseconds a trained network, by part."""
    spec = load_spec("cifar10_resnet_small").with_overrides({"sampler": sampler, "budget": Budget(trials=num_trials)})
    evaluator, stopwatch = TabulatedEvaluator(), Stopwatch()
    suggest = proposer.suggest
    with open_run(spec, evaluator, RunPlace(folder)) as study:
        optuna_study: Any = study.optuna_study
        optuna_study.ask = stopwatch.watch("ask", optuna_study.ask)
        optuna_study.tell = stopwatch.watch("tell", optuna_study.tell)
        proposer.suggest = stopwatch.watch("ask", suggest)
        evaluator.measure = stopwatch.watch("evaluate", evaluator.measure)  # type: ignore[method-assign]
        evaluator.train = stopwatch.watch("evaluate", evaluator.train)  # type: ignore[method-assign]
        try:
            stopwatch.watch("whole", LocalExecutor(study, evaluator, folder).run)()
        finally:
            proposer.suggest = suggest
        num_asked = len(study.trials())
    parts = {name: 1000 * seconds / num_trials for name, seconds in stopwatch.seconds.items()}
    rest = parts["whole"] - parts["ask"] - parts["tell"] - parts["evaluate"]
    return {**parts, "rest": rest, "trials_asked": num_asked}


def filled_spec() -> StudySpec:
    """The shipped study without its bound, so that every network is trained, and with room for all trials."""
    return load_spec("cifar10_resnet_small").with_overrides({"constraints": (), "budget": Budget(trials=1_000_000)})


def fill(folder: Path, num_trials: int) -> None:
    """Enter so many random networks as trained, each once, as a search would have."""
    spec, evaluator, draw = filled_spec(), SimulatedEvaluator(num_bytes=0), random.Random(0)
    parameters, seen = spec.space.parameters, set[str]()
    sketch = optuna.create_study(directions=["maximize", "minimize"]).ask()
    proposer.suggest(sketch, spec.space)
    with open_run(spec, evaluator, RunPlace(folder)) as study:
        while len(seen) < num_trials:
            point = {name: draw.choice(parameter.values) for name, parameter in parameters.items()}
            network = spec.space.decode(point)
            if network.id in seen:
                continue
            seen.add(network.id)
            score = evaluator.measure(network).merged(
                evaluator.train(Task(architecture=network, fidelity=spec.fidelity)).score
            )
            said = {"architecture": network.model_dump(mode="json"), "score": score.model_dump(mode="json")}
            study.optuna_study.add_trial(
                optuna.create_trial(
                    params=point,
                    distributions=sketch.distributions,
                    values=score.values(spec.objectives),
                    user_attrs=said | {"seconds": 10.0},
                )
            )


class Driver:
    """The driver's side of a search with several networks out; what workers do takes no time of it."""

    def __init__(self, loop: Loop) -> None:
        self.loop, self.evaluator, self.spec = loop, SimulatedEvaluator(), loop.study.spec
        self.stopwatch = Stopwatch()
        self._out: deque[Assignment] = deque()

    def hand_out(self) -> None:
        work = self.stopwatch.watch("next", self.loop.next)()
        assert work is not None
        self._out.append(work)

    def take_back(self) -> None:
        work, watch = self._out.popleft(), self.stopwatch.watch
        measured = measure(work, self.spec, self.evaluator)
        watch("measured", self.loop.measured)(measured)
        epoch = partial(watch("epochs", self.loop.epoch), work.number)
        outcome = train(work, measured, self.spec, self.evaluator, epoch)
        watch("end", self.loop.end)(outcome)


def work_on(folder: Path) -> dict[str, float]:
    """Milliseconds a trial of 20 trials, by part; before them seconds of opening and the first ask."""
    start = time.perf_counter()
    with open_run(filled_spec(), SimulatedEvaluator(), RunPlace(folder)) as study:
        driver = Driver(Loop(study, folder, Listener()))
        open_s = time.perf_counter() - start
        driver.hand_out()
        first_ms = 1000 * driver.stopwatch.seconds["next"]
        for _ in range(NUM_OUT - 1):
            driver.hand_out()
        driver.stopwatch.seconds.clear()
        for _ in range(NUM_TIMED):
            driver.take_back()
            driver.hand_out()
    parts = {name: 1000 * seconds / NUM_TIMED for name, seconds in driver.stopwatch.seconds.items()}
    return {"whole": sum(parts.values()), **parts, "first_next_ms": first_ms, "open_s": open_s}


def memory(num_trials: int) -> dict[str, float]:
    """Megabytes of a process that works on a study of so many trials: at its end, and at most."""
    with tempfile.TemporaryDirectory() as folder:
        if num_trials:
            fill(Path(folder), num_trials)
        command = [sys.executable, __file__, "--work-on", folder]
        said: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return said | {"journal": (Path(folder) / "study.journal").stat().st_size / 1e6}


def resident_mb() -> dict[str, float]:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(lines[key].split()[0]) / 1024 for name, key in (("resident", "VmRSS"), ("peak", "VmHWM"))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samplers", nargs="*", default=["nsga2"])
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--filled", type=int, nargs="*", default=[1000, 5000])
    parser.add_argument("--memory", type=int, default=10_000)
    parser.add_argument("--work-on", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "search_overhead.json")
    arguments = parser.parse_args()
    if arguments.work_on:
        work_on(arguments.work_on)
        print(json.dumps(resident_mb()))
        return
    report: dict[str, Any] = {
        "environment": f"{processor()}, Python {platform.python_version()}, Optuna {optuna.__version__}",
        "load_before": os.getloadavg()[0],
        "trained_networks": arguments.trials,
        "ms_a_trained_network": {},
        "ms_a_trial_at": {},
    }
    for sampler in arguments.samplers:
        with tempfile.TemporaryDirectory() as folder:
            report["ms_a_trained_network"][sampler] = search(sampler, arguments.trials, Path(folder))
    for num_trials in arguments.filled:
        with tempfile.TemporaryDirectory() as folder:
            fill(Path(folder), num_trials)
            report["ms_a_trial_at"][num_trials] = work_on(Path(folder))
    if arguments.memory:
        report["memory_mb"] = {num: memory(num) for num in (0, arguments.memory)}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
