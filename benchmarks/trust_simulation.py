"""Whether what ``modsearch refine`` says may be believed: simulated studies whose truth is known.

    python -m benchmarks.trust_simulation run [--studies 2500] [--workers 2]
    python -m benchmarks.trust_simulation show

Worlds are those of benchmarks/trust_world.py; who is trained how often, and what is said, is the product's. ``run``
goes on where it stopped; ``show`` writes benchmarks/results/trust_simulation.json:

- coverage of 95 % intervals, of gains, of differences from controls and of the primary test;
- how often a study calls something better, or worse, that is not, and how often a difference of the whole margin is
  called equivalent;
- how often equality is found, and a gain of two points;
- membership against the truth, in ten bins.
"""

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.trust_fit import fitted
from benchmarks.trust_world import World, train_all
from modsearch.statistic.membership import front_shares

RESULTS = Path(__file__).parent / "results"
LINES, SUMMARY = RESULTS / "trust_simulation.jsonl", RESULTS / "trust_simulation.json"
MARGIN = 0.01


class Scenario(NamedTuple):
    """The gain of networks with MoD blocks, as a fraction, and how often each is trained at most."""

    gain: float
    seeds: int


SCENARIOS = {
    "no gain, 3 seeds": Scenario(0.0, 3),
    "no gain, 5 seeds": Scenario(0.0, 5),
    "no gain, 10 seeds": Scenario(0.0, 10),
    "two points, 5 seeds": Scenario(0.02, 5),
    "a point less, 5 seeds": Scenario(-0.01, 5),
}


def study(key: tuple[str, int]) -> dict[str, Any]:
    """The line of a simulated study: estimates beside the truth."""
    name, seed = key
    world = World(seed, fitted(), SCENARIOS[name].gain)
    trainings = train_all(world, SCENARIOS[name].seeds)
    info = world.said(trainings)
    true_gains = {id_: world.truth[id_] - world.curve(world.log_cost[id_]) for id_ in world.truth}
    controls = [(network.id, held) for network in info.networks for held in network.controls.values()]
    light = [network.id for network in info.networks if "member" in network.roles and network.gain]
    return {
        "scenario": name,
        "seed": seed,
        "trainings": len(trainings.results),
        "gains": [compared(one.gain, true_gains[one.id]) for one in info.networks if one.gain],
        "controls": [compared(held, SCENARIOS[name].gain) for _, held in controls],
        "primary": compared(info.primary, float(np.mean([true_gains[id_] for id_ in light]))) if info.primary else None,
        "membership": list(memberships(world, {one.id: one.membership for one in info.networks})),
    }


def compared(held: Any, truth: float) -> list[Any]:
    """Truth, interval and verdict."""
    low, high = held.difference.interval()
    return [round(truth, 6), round(low, 6), round(high, 6), held.verdict]


def memberships(world: World, said: dict[str, float | None]) -> Iterator[list[Any]]:
    """What is said of each network, and whether it is true."""
    names = [id_ for id_, share in said.items() if share is not None]
    truth_1M = np.array([[world.truth[id_] for id_ in names]])
    cost_11M = np.array([[[world.log_cost[id_] for id_ in names]]])
    for id_, is_member in zip(names, front_shares(truth_1M, cost_11M), strict=True):
        yield [said[id_], bool(is_member)]


def run(studies: int, workers: int) -> None:
    done = {(line["scenario"], line["seed"]) for line in lines()}
    seeds = range(-(-studies // len(SCENARIOS)))
    keys = [key for key in product(SCENARIOS, seeds) if key not in done]
    context, limits = get_context("spawn"), (1,)  # small matrices: threads would only wait
    with LINES.open("a") as file, ProcessPoolExecutor(workers, context, threadpool_limits, limits) as pool:
        for number, line in enumerate(pool.map(study, keys), 1):
            file.write(json.dumps(line) + "\n")
            file.flush()
            if number % 50 == 0:
                print(f"{number} of {len(keys)}", flush=True)


def lines() -> list[dict[str, Any]]:
    known = LINES.read_text().splitlines(keepends=True) if LINES.exists() else []
    return [json.loads(line) for line in known if line.endswith("\n")]


def show() -> None:
    found = lines()
    pairs = [pair for line in found for pair in line["membership"]]
    summary = {
        "studies": len(found),
        "scenarios": {name: scenario(found, name) for name in SCENARIOS},
        "calibration_error": float(np.mean([abs(one["said"] - one["true"]) for one in bins(pairs)])),
        "membership": list(bins(pairs)),
        "false_equivalent": {name: false_equivalent(found, name) for name in ("gains", "controls", "primary")},
    }
    SUMMARY.write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary, indent=1))


def scenario(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    own = [line for line in found if line["scenario"] == name]
    primary = [[line["primary"]] if line["primary"] else [] for line in own]
    claims = [line["gains"] + line["controls"] + one for line, one in zip(own, primary, strict=True)]
    return {
        "studies": len(own),
        "trainings": float(np.mean([line["trainings"] for line in own])),
        "gains": rates([one for line in own for one in line["gains"]]),
        "controls": rates([one for line in own for one in line["controls"]]),
        "primary": rates([one for some in primary for one in some]),
        "studies_with_a_false_better": share_of_false(claims, "better"),
        "studies_with_a_false_worse": share_of_false(claims, "worse"),
    }


def false_equivalent(found: list[dict[str, Any]], what: str) -> float:
    """Of differences of the whole margin or more, how many are called equivalent."""
    held = [line[what] if what != "primary" else [line[what]] for line in found if line[what]]
    large = [one for some in held for one in some if abs(one[0]) >= MARGIN]
    return float(np.mean([one[-1] == "equivalent" for one in large]))


def share_of_false(claims: list[list[Any]], verdict: str) -> float:
    """Of studies that say it wrongly at least once."""
    return float(np.mean([any(is_false(claim, verdict) for claim in some) for some in claims]))


def is_false(claim: list[Any], verdict: str) -> bool:
    """Whether it says that a difference is there that is not, or that it goes the other way."""
    truth, _, _, said = claim
    return bool(said == verdict and (truth <= 0 if verdict == "better" else truth >= 0))


def rates(compared: list[list[Any]]) -> dict[str, float | int]:
    """How often the interval holds the truth, and how often each verdict is given."""
    verdicts = [verdict for *_, verdict in compared]
    said: dict[str, float | int] = {"num": len(compared)}
    said["coverage"] = float(np.mean([low <= truth <= high for truth, low, high, _ in compared]))
    return said | {name: verdicts.count(name) / len(verdicts) for name in sorted(set(verdicts))}


def bins(pairs: list[list[Any]]) -> Iterator[dict[str, float | int]]:
    """Of ten equal bins of the probability: the mean of it, and the share of true members."""
    for index in range(10):
        own = [(share, is_member) for share, is_member in pairs if min(9, int(10 * share)) == index]
        if own:
            said, true = np.mean(own, axis=0)
            yield {"said": float(said), "true": float(true), "num": len(own)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    running = verbs.add_parser("run")
    running.add_argument("--studies", type=int, default=2500)
    running.add_argument("--workers", type=int, default=2)
    verbs.add_parser("show")
    options = parser.parse_args()
    if options.verb == "show":
        show()
    else:
        run(options.studies, options.workers)


if __name__ == "__main__":
    main()
