"""What share of their time the slots of a Ray search spend training, with trainings as long as those of proxies.

    python benchmarks/ray_slots.py [--slots 32] [--trials 640] [--median-s 15] [--seed 0] [--out PATH]

Trainings are simulated: a worker sleeps, so that 32 slots fit onto two cores. All else is real: the default sampler,
the journal, screening, a learning curve of 8 epochs that is posted and judged, 1 MB of weights that come back and are
written. A network takes a time of its own, lognormal about the median (sigma 0.4: three quarters to one and a half
times as long for two thirds of them). Two figures:

- ``share``: from the moment when all workers are up (they wait for each other) to the moment when the budget has no
  further network to give, which is when the last training begins.
- ``share_of_all``: from the start of the search to its end, with the start of the workers and the tail.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import optuna
import ray
from ray.cluster_utils import Cluster

from benchmarks.simulated import WORKER_ENVIRONMENT, Nap, SimulatedEvaluator, naps, pauses_ms, untimed
from modsearch.machine import num_cpus, processor
from modsearch.record import Trial
from modsearch.search import Context, Listener, RunPlace, open_run
from modsearch.search.execute.ray import RayExecutor
from modsearch.space import Budget, Ray, load_spec


class Progress(Listener):
    def __init__(self) -> None:
        self.num = 0

    def on_end(self, trial: Trial) -> None:
        self.num += 1
        if self.num % 50 == 0:
            print(f"  {self.num} results", flush=True)


def busy_s(done: list[Nap], start_s: float, end_s: float) -> float:
    """Seconds of trainings within a window."""
    return sum(max(0.0, min(training.end_s, end_s) - max(training.start_s, start_s)) for training in done)


def search(arguments: argparse.Namespace, address: str, folder: Path) -> dict[str, Any]:
    changes = {"constraints": (), "budget": Budget(trials=arguments.trials), "seed": arguments.seed}
    spec = untimed(load_spec("cifar10_resnet_small"), **changes)
    make = partial(
        SimulatedEvaluator, folder=folder, num_workers=arguments.slots, median_s=arguments.median_s, sigma=0.4
    )
    with open_run(spec, SimulatedEvaluator(), RunPlace(folder / "run")) as study:
        context = Context(study, make(), make, folder / "run", Progress())
        start_s, cpu_s = time.time(), time.process_time()
        RayExecutor(context, Ray(address=address, cpus_per_trial=1)).run()
        end_s, cpu_s = time.time(), time.process_time() - cpu_s
        states = [trial.state for trial in study.trials() if not trial.is_repeat]
    done, slots = naps(folder), arguments.slots
    ready_s, last_s = min(training.start_s for training in done), max(training.start_s for training in done)
    return {
        "workers": len({training.worker for training in done}),
        "trained": states.count("complete"),
        "screened": states.count("pruned"),
        "mean_training_s": busy_s(done, start_s, end_s) / len(done),
        "share": busy_s(done, ready_s, last_s) / (slots * (last_s - ready_s)),
        "window_s": last_s - ready_s,
        "share_of_all": busy_s(done, start_s, end_s) / (slots * (end_s - start_s)),
        "start_up_s": ready_s - start_s,
        "tail_s": end_s - last_s,
        "pause_ms": pauses_ms(done),
        "driver_cpu_ms_a_trial": 1000 * cpu_s / len(done),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=640)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--median-s", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "ray_slots.json")
    arguments = parser.parse_args()
    os.environ.update(WORKER_ENVIRONMENT)
    report: dict[str, Any] = {
        "environment": f"{processor()}, {num_cpus()} CPUs, Python {platform.python_version()}, Ray "
        f"{ray.__version__}, Optuna {optuna.__version__}",
        "load_before": os.getloadavg()[0],
        "slots": arguments.slots,
        "median_training_s": arguments.median_s,
        "seed": arguments.seed,
        "is_simulated": True,
    }
    head = {"num_cpus": arguments.slots, "include_dashboard": False, "object_store_memory": 1_000_000_000}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    with tempfile.TemporaryDirectory() as folder:
        report |= search(arguments, cluster.address, Path(folder))
    cluster.shutdown()
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
