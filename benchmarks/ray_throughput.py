"""Trials of one second through the Ray executor and through stock Ray Tune, on the same cluster.

    python benchmarks/ray_throughput.py [--trials 1000] [--slots 16] [--arms random ehvi ...] [--out PATH]

A trial sleeps one second and gives tabulated scores, so that 16 logical CPUs fit onto two cores. Counted is from the
moment when all 16 workers are up and hold their first trial (they wait for each other, in every arm) to the moment when
the driver has the last result; ideal is trials / slots seconds. Ours has the journal, and trials that are told and
synced one by one; stock Tune has its own folder and loggers as it comes, with actors reused. The arms:

- ``random``, ``ehvi``: ours with that sampler.
- ``stock_random``: Tune's own random search; ``stock_optuna``: its OptunaSearch with two objectives, in memory.
"""

import argparse
import json
import logging
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import optuna
import ray
from ray import tune
from ray.cluster_utils import Cluster
from ray.tune.search.optuna import OptunaSearch

from benchmarks.simulated import WORKER_ENVIRONMENT, SimulatedEvaluator, nap, naps, pauses_ms, untimed
from modsearch.machine import num_cpus, processor
from modsearch.record import Trial
from modsearch.search import Context, Listener, RunPlace, open_run
from modsearch.search.execute.ray import RayExecutor
from modsearch.space import Budget, Ray, load_spec

TRIAL_S = 1.0


@dataclass
class Results:
    """When the driver had each result, and the CPU seconds it had used by then."""

    at_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def enter(self) -> None:
        self.at_s.append(time.time())
        self.cpu_s.append(time.process_time())
        if len(self.at_s) % 100 == 0:
            print(f"  {len(self.at_s)} results", flush=True)

    def report(self, folder: Path, num_slots: int) -> dict[str, float]:
        """The wall time against the ideal one, and what became of the slots."""
        done = naps(folder)
        ready_s, num = min(training.start_s for training in done), len(done)
        ideal_s, wall_s = num * TRIAL_S / num_slots, self.at_s[-1] - ready_s
        cpu_s = self.cpu_s[-1] - self.cpu_s[0]
        return {
            "trials": num,
            "workers": len({training.worker for training in done}),
            "wall_s": wall_s,
            "wall_to_ideal": wall_s / ideal_s,
            "pause_ms": pauses_ms(done),
            "driver_cpu_ms_a_trial": 1000 * cpu_s / (num - 1),
        }


class Clock(Listener):
    def __init__(self, results: Results) -> None:
        self.results = results

    def on_end(self, trial: Trial) -> None:
        if not trial.is_repeat:
            self.results.enter()


class TuneClock(tune.Callback):
    def __init__(self, results: Results) -> None:
        self.results = results

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self.results.enter()


@dataclass(frozen=True)
class Arena:
    """Where an arm runs."""

    address: str
    num_slots: int
    num_trials: int
    folder: Path


def ours(sampler: str, arena: Arena, results: Results) -> None:
    shipped = load_spec("cifar10_resnet_small")
    changes = {"sampler": sampler, "screening": False, "constraints": (), "budget": Budget(trials=arena.num_trials)}
    spec = untimed(shipped, fidelity=shipped.fidelity.model_copy(update={"epochs": 1}), **changes)
    make = partial(
        SimulatedEvaluator, folder=arena.folder, num_workers=arena.num_slots, median_s=TRIAL_S, num_bytes=100
    )
    settings = Ray(address=arena.address, cpus_per_trial=1)
    with open_run(spec, SimulatedEvaluator(), RunPlace(arena.folder / "run")) as study:
        RayExecutor(Context(study, make(), make, arena.folder / "run", Clock(results)), settings).run()


def sleep(config: dict[str, Any], folder: Path, num_workers: int) -> None:
    with nap(folder, num_workers):
        time.sleep(TRIAL_S)
    tune.report({"accuracy": sum(config.values()), "cost": sum(config.values())})


def stock(search: str, arena: Arena, results: Results) -> None:
    parameters = load_spec("cifar10_resnet_small").space.parameters
    domains = {name: tune.choice(range(parameter.num_choices)) for name, parameter in parameters.items()}
    objectives = {"metric": ["accuracy", "cost"], "mode": ["max", "min"]} if search == "optuna" else {}
    algorithm = OptunaSearch(**objectives) if search == "optuna" else None
    trainable = tune.with_parameters(sleep, folder=arena.folder, num_workers=arena.num_slots)
    ray.init(address=arena.address, log_to_driver=False, logging_level="error")
    try:
        tune.Tuner(
            tune.with_resources(trainable, {"cpu": 1}),
            param_space=domains,
            tune_config=tune.TuneConfig(
                search_alg=algorithm,
                num_samples=arena.num_trials,
                max_concurrent_trials=arena.num_slots if algorithm else None,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                storage_path=str(arena.folder / "tune"), verbose=0, callbacks=[TuneClock(results)]
            ),
        ).fit()
    finally:
        ray.shutdown()


Arm = Callable[[Arena, Results], None]


ARMS: dict[str, Arm] = {
    "random": partial(ours, "random"),
    "ehvi": partial(ours, "ehvi"),
    "stock_random": partial(stock, "random"),
    "stock_optuna": partial(stock, "optuna"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--arms", nargs="*", choices=ARMS, default=list(ARMS))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "ray_throughput.json")
    arguments = parser.parse_args()
    os.environ.update(WORKER_ENVIRONMENT)
    logging.getLogger("ray").setLevel(logging.ERROR)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    report: dict[str, Any] = {
        "environment": f"{processor()}, {num_cpus()} CPUs, Python {platform.python_version()}, Ray "
        f"{ray.__version__}, Optuna {optuna.__version__}",
        "load_before": os.getloadavg()[0],
        "slots": arguments.slots,
        "trial_s": TRIAL_S,
        "arms": {},
    }
    for name in arguments.arms:
        print(name, flush=True)
        head = {"num_cpus": arguments.slots, "include_dashboard": False, "object_store_memory": 500_000_000}
        cluster, results = Cluster(initialize_head=True, head_node_args=head), Results()
        with tempfile.TemporaryDirectory() as folder:
            arena = Arena(cluster.address, arguments.slots, arguments.trials, Path(folder))
            ARMS[name](arena, results)
            report["arms"][name] = results.report(arena.folder, arguments.slots)
        cluster.shutdown()
        print(json.dumps(report["arms"][name]), flush=True)
        arguments.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
