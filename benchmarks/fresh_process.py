"""What a fresh process costs, and whether fresh processes differ: forked from our server, or started from nothing.

    python benchmarks/fresh_process.py [--processes 12] [--threads 1]

Cost: seconds from asking for an empty piece of work to its end, median; by our server, by multiprocessing's forkserver
(with the same modules preloaded) and by a new interpreter. Effect: networks are timed as a search times them, in so
many processes of the first and of the last kind; the deviation of the processes' median log-ratios is set beside what
the rounds within a process explain of it, and the same for log-latencies.
"""

import argparse
import json
import math
import multiprocessing
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from modsearch.architecture import preset
from modsearch.scoring.latency import fresh_process
from modsearch.scoring.latency.job import Job, Rounds
from modsearch.space import Deployment

RESULT = Path(__file__).parent / "results" / "fresh_process.json"
MODULES = "modsearch.scoring.latency.rounds"
NETWORKS = {name: preset(name).architecture for name in ("resnet20_cifar", "resnet32_cifar")}
BATCH_SIZES = (1, 16)


def work() -> None:
    pass


def seconds(run: Callable[[], object], repeats: int) -> float:
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def ask() -> None:
    """The server refuses an empty job in the child that it has forked for it."""
    server = fresh_process._server or fresh_process._Server()
    fresh_process._server = server
    assert server.ask("{}")["error"] == "value"


def by_multiprocessing(context: multiprocessing.context.ForkServerContext) -> None:
    process = context.Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == 0


def costs() -> dict[str, float]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([MODULES])
    command = [sys.executable, "-c", f"import {MODULES}"]
    return {
        "our server, its start": seconds(lambda: (fresh_process.stop(), ask()), 5),
        "our server, a process": seconds(ask, 30),
        "multiprocessing, its start": seconds(lambda: by_multiprocessing(context), 1),
        "multiprocessing, a process": seconds(lambda: by_multiprocessing(context), 30),
        "a new interpreter": seconds(lambda: subprocess.run(command, check=True, capture_output=True), 5),
    }


def measured(deployment: Deployment, num_processes: int, is_forked: bool) -> list[Rounds]:
    networks = {"again": NETWORKS["resnet20_cifar"], **NETWORKS}
    found = []
    for number in range(num_processes):
        if not is_forked:
            fresh_process.stop()
        found.append(fresh_process.run_fresh(Job(networks=networks, deployment=deployment, number=number)))
    return found


def effect(processes: list[np.ndarray]) -> dict[str, float]:
    """In per cent: deviation of the processes' medians, and what the rounds within explain, by a bootstrap of them."""
    generator = np.random.default_rng(0)
    medians = [float(np.median(process)) for process in processes]
    draws = [generator.choice(process, (400, len(process))) for process in processes]
    within = statistics.mean(float(np.median(draw, axis=1).var()) for draw in draws)
    return {"between": 100 * statistics.stdev(medians), "explained": 100 * math.sqrt(within)}


def effects(deployment: Deployment, num_processes: int, is_forked: bool) -> dict[str, dict[str, float]]:
    found = [
        {name: np.log(times_ms) for name, times_ms in rounds.times_ms.items()}
        for rounds in measured(deployment, num_processes, is_forked)
    ]
    plain = "resnet20_cifar"
    return {
        "resnet20 / itself": effect([process["again"] - process[plain] for process in found]),
        "resnet32 / resnet20": effect([process["resnet32_cifar"] - process[plain] for process in found]),
        "resnet20, ms": effect([process[plain] for process in found]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    result: dict[str, object] = {"torch": torch.__version__, **vars(given), "seconds": costs()}
    print(json.dumps(result, indent=2), flush=True)
    for batch_size in BATCH_SIZES:
        for is_forked in (True, False):
            key = f"batch {batch_size}, {'forked' if is_forked else 'new interpreters'}, per cent"
            place = Deployment(image_size=32, num_classes=10, batch_size=batch_size, threads=given.threads)
            result[key] = effects(place, given.processes, is_forked)
            print(key, json.dumps(result[key]), flush=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
