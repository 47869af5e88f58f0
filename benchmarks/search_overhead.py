"""What the search itself costs: the whole loop with a journal, at scores that cost nothing.

    python benchmarks/search_overhead.py [ehvi nsga2 tpe random gp] [--trials 300] [--out PATH]

Searches cifar10_resnet_small with the tabulated evaluator of the tests. Prints milliseconds a trained network for the
whole loop and its parts, and writes them as JSON. ``ask`` holds the sampler and the parameters, ``tell`` the answer,
``rest`` our own bookkeeping and the user attributes. The journal is synced to the disk when a trial is queued or
ends: it is part of the figure.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna

sys.path.insert(0, str(Path(__file__).parents[1]))

from modsearch.scoring.environment import processor
from modsearch.search import LocalExecutor, RunPlace, open_run, proposal
from modsearch.space import Budget, load_spec
from tests.conformance.tabulated import TabulatedEvaluator


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
    suggest = proposal.suggest
    with open_run(spec, evaluator, RunPlace(folder)) as study:
        optuna_study: Any = study.optuna_study
        optuna_study.ask = stopwatch.watch("ask", optuna_study.ask)
        optuna_study.tell = stopwatch.watch("tell", optuna_study.tell)
        proposal.suggest = stopwatch.watch("ask", suggest)
        evaluator.measure = stopwatch.watch("evaluate", evaluator.measure)  # type: ignore[method-assign]
        evaluator.train = stopwatch.watch("evaluate", evaluator.train)  # type: ignore[method-assign]
        try:
            stopwatch.watch("whole", LocalExecutor(study, evaluator, folder).run)()
        finally:
            proposal.suggest = suggest
        num_asked = len(study.trials())
    parts = {name: 1000 * seconds / num_trials for name, seconds in stopwatch.seconds.items()}
    rest = parts["whole"] - parts["ask"] - parts["tell"] - parts["evaluate"]
    return {**parts, "rest": rest, "trials_asked": num_asked}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samplers", nargs="*", default=["nsga2"])
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "search_overhead.json")
    arguments = parser.parse_args()
    report: dict[str, Any] = {
        "environment": f"{processor()}, Python {platform.python_version()}, Optuna {optuna.__version__}",
        "trained_networks": arguments.trials,
        "ms_a_trained_network": {},
    }
    for sampler in arguments.samplers:
        with tempfile.TemporaryDirectory() as folder:
            report["ms_a_trained_network"][sampler] = search(sampler, arguments.trials, Path(folder))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
