"""Who is trained again: the rule of ``modsearch refine`` against as many trainings of each network.

    python -m benchmarks.trust_allotment [--studies 400] [--workers 2]

In worlds of benchmarks/trust_world.py all networks may be on the front, and nothing is held against anything. Wrong is
who is said to be on the front (a probability of 0.5 or more) and is not, or the other way round. Both rules see the
same trainings. Writes benchmarks/results/trust_allotment.json: of each rule how many networks are wrong after so many
trainings, and how many it takes with as many of each network (between two numbers linearly) until no more are wrong:
the ratio is to be at most 0.6.
"""

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.trust_fit import fitted
from benchmarks.trust_world import NUM_LADDER, NUM_MOD, NUM_PLAIN, World, refining
from modsearch.search.refine.refinement import Trainings
from modsearch.statistic.membership import front_shares

RESULT = Path(__file__).parent / "results" / "trust_allotment.json"
EQUAL = range(2, 21)
MOST = 20  # trainings of one network


def study(seed: int) -> dict[str, list[int]]:
    """Wrong networks by each rule, after as many trainings as EQUAL times all networks."""
    world = World(seed, fitted(), gain=0.0, has_compared=False)
    equal = [num_wrong(world, all_alike(world, num)) for num in EQUAL]
    return {"equal": equal, "ours": list(course(world))}


def course(world: World) -> Iterator[int]:
    """By our rule. Where it ends before, all is clear to it."""
    wanted = [num * len(world.truth) for num in EQUAL]
    found = 0
    for trainings in refining(world, MOST):
        if len(trainings.results) in wanted:
            found += 1
            yield num_wrong(world, trainings)
    yield from [num_wrong(world, trainings)] * (len(wanted) - found)


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


def summary(found: list[dict[str, list[int]]], num_networks: int) -> dict[str, Any]:
    """Means over the studies; ``ratio`` is null where no number of trainings of all is as good."""
    ours, equal = (np.array([line[rule] for line in found], float).mean(axis=0) for rule in ("ours", "equal"))
    trainings = num_networks * np.array(EQUAL)
    falling = np.minimum.accumulate(equal)
    rows = []
    for num, wrong, alike in zip(trainings.tolist(), ours.tolist(), equal.tolist(), strict=True):
        needed = float(np.interp(-wrong, -falling, trainings)) if wrong >= falling[-1] else None
        rows.append({"trainings": num, "ours": wrong, "equal": alike, "ratio": num / needed if needed else None})
    return {"studies": len(found), "networks": num_networks, "wrong": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    context, limits = get_context("spawn"), (1,)  # small matrices: threads would only wait
    with ProcessPoolExecutor(options.workers, context, threadpool_limits, limits) as pool:
        found = summary(list(pool.map(study, range(options.studies))), NUM_LADDER + NUM_PLAIN + NUM_MOD)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
