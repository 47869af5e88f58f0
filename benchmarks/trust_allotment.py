"""Who is trained again: the rule of ``modsearch refine`` against as many trainings of each network.

    python -m benchmarks.trust_allotment [--studies 400] [--workers 2]

In worlds of benchmarks/trust_world.py all networks may be on the front, and nothing is held against anything. Wrong is
who is said to be on the front (a probability of 0.5 or more) and is not, or the other way round. Both rules see the
same trainings. Writes benchmarks/results/trust_allotment.json: for each number of trainings that a network may have at
most, how many trainings the rule took, how many networks are wrong, and how many trainings it takes with as many of
each network (between two numbers linearly) until no more are wrong: the ratio is to be at most 0.6.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.trust_fit import fitted
from benchmarks.trust_world import World, train_all
from modsearch.search.refine.refinement import Trainings
from modsearch.statistic.membership import front_shares

RESULT = Path(__file__).parent / "results" / "trust_allotment.json"
EQUAL = range(2, 21)
MOST = (3, 4, 5, 7, 10)


def study(seed: int) -> dict[str, list[list[int]]]:
    """Trainings and wrong networks by each rule."""
    world = World(seed, fitted(), gain=0.0, has_compared=False)
    ours = [train_all(world, most) for most in MOST]
    return {
        "ours": [[len(trainings.results), num_wrong(world, trainings)] for trainings in ours],
        "equal": [[num * len(world.truth), num_wrong(world, all_alike(world, num))] for num in EQUAL],
    }


def all_alike(world: World, num: int) -> Trainings:
    """Each network so often."""
    refinement = world.refinement(num)
    results = [
        world.train(name, replicate, network.architecture)
        for name, network in refinement.networks.items()
        for replicate in range(1, num + 1)
    ]
    return Trainings(refinement, results)


def num_wrong(world: World, trainings: Trainings) -> int:
    info = world.said(trainings)
    names = [network.id for network in info.networks]
    truth_1M = np.array([[world.truth[name] for name in names]])
    cost_11M = np.array([[[world.log_cost[name] for name in names]]])
    said_M = np.array([network.membership or 0.0 for network in info.networks]) >= 0.5
    return int(np.sum(said_M != (front_shares(truth_1M, cost_11M) == 1)))


def summary(found: list[dict[str, list[list[int]]]]) -> dict[str, Any]:
    """Means over the studies."""
    ours, equal = (np.array([line[rule] for line in found], float).mean(axis=0) for rule in ("ours", "equal"))
    needed = np.interp(-ours[:, 1], -equal[:, 1], equal[:, 0])
    rows = zip(MOST, ours.tolist(), needed.tolist(), strict=True)
    return {
        "studies": len(found),
        "equal": [{"trainings": trainings, "wrong": wrong} for trainings, wrong in equal.tolist()],
        "ours": [
            {"most": most, "trainings": trainings, "wrong": wrong, "equal": alike, "ratio": trainings / alike}
            for most, (trainings, wrong), alike in rows
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    context, limits = get_context("spawn"), (1,)  # small matrices: threads would only wait
    with ProcessPoolExecutor(options.workers, context, threadpool_limits, limits) as pool:
        found = summary(list(pool.map(study, range(options.studies))))
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
