"""Whether what ``modsearch refine`` says may be believed: simulated studies whose truth is known.

    python -m benchmarks.trust_simulation run [--studies 2000] [--seeds 5] [--luck 0.006] [--agreement 0.7]
    python -m benchmarks.trust_simulation show

Each study has a ladder of plain networks, and networks with MoD blocks that gain as much over it as the scenario says,
each a little more or less. Who is trained how often, and what is said, is the product's. An image is right where a
network's worth, the luck of its training, how easy the image is and what the two alone make of it are above 0 together;
``--luck`` is the deviation of an accuracy over trainings, ``--agreement`` the correlation of two networks on an image.
``run`` goes on where it stopped; ``show`` writes benchmarks/results/trust_simulation.json:

- coverage of 95 % intervals, of gains, of differences from controls and of the primary test;
- how often a study calls something better, or equivalent, that is not;
- how often it finds equality, and a gain of two points;
- membership against the truth, in ten bins.
"""

import argparse
import base64
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from scipy.special import ndtri

from benchmarks.bench_table import Bench
from modsearch.analysis import Evidence, RefinedInfo, refined_info
from modsearch.architecture import Architecture
from modsearch.record import Measurement, Planned, Refined, RefinementPlan, Score, Task
from modsearch.search.refine.allotment import Allotment
from modsearch.search.refine.refinement import Refinement, Trainings
from modsearch.space import StudySpec
from modsearch.statistic.membership import front_shares

RESULTS = Path(__file__).parent / "results"
LINES, SUMMARY = RESULTS / "trust_simulation.jsonl", RESULTS / "trust_simulation.json"
GAINS = {"none": 0.0, "two points": 0.02, "a point less": -0.01}
NUM_LADDER, NUM_MOD, NUM_PLAIN = 5, 6, 8
NUM_IMAGES = 1000
OWN = 0.004  # deviation of a network's accuracy around what its kind has at its latency
COST = "relative_latency"
LATENCY_ERROR = 0.01


class World:
    """A study's networks, what they are truly worth, and what trainings of them give.

    Args:
        seed: of all that is drawn.
        gain: of the networks with MoD blocks over the ladder, as a fraction.
        luck: deviation of an accuracy over trainings.
        agreement: correlation of what two networks make of an image.
    """

    def __init__(self, seed: int, gain: float, luck: float, agreement: float) -> None:
        self.generator = np.random.default_rng(seed)
        self.luck, self.agreement, self.seed = luck, agreement, seed
        self.spec: StudySpec = Bench().spec
        plain, light = networks(self.spec)
        self.truth: dict[str, float] = {}
        self.log_cost: dict[str, float] = {}
        self.own: dict[str, float] = {}
        planned: list[Planned] = []
        for index in range(NUM_LADDER):
            planned.append(Planned(architecture=plain[index], roles=("ladder",)))
            self._enter(planned[-1].id, -0.6 + 0.3 * index, 0.0, 0.0)
        for index in range(NUM_PLAIN):
            planned.append(Planned(architecture=plain[NUM_LADDER + index], roles=("near", "drawn")))
            self._enter(planned[-1].id, self.generator.uniform(-0.6, 0.6), -0.01, OWN)
        for network in light[:NUM_MOD]:
            planned.append(Planned(architecture=network, roles=("member", "drawn")))
            self._enter(network.id, self.generator.uniform(-0.55, 0.55), gain, OWN)
            control = network.controls()["random"]
            planned.append(Planned(architecture=control, roles=("control",), control_of={network.id: "random"}))
            self._enter(control.id, self.log_cost[network.id], None, 0.0, self.truth[network.id] - gain)
        self.plan = RefinementPlan(fidelity=self.spec.fidelity, networks=tuple(planned))
        self.scores = {name: self._scored(name) for name in self.truth}

    def train(self, name: str, replicate: int, architecture: Architecture) -> Refined:
        """One training: the same images and ease of them for all networks of a replicate."""
        ease_N = np.random.default_rng((self.seed, replicate)).standard_normal(NUM_IMAGES)
        own = np.random.default_rng((self.seed, replicate, int(name, 16)))
        spread = np.sqrt(1 + self._latent_luck**2)
        worth = spread * float(ndtri(self.truth[name])) + self._latent_luck * own.standard_normal()
        noise_N = np.sqrt(self.agreement) * ease_N + np.sqrt(1 - self.agreement) * own.standard_normal(NUM_IMAGES)
        right_N = worth + noise_N > 0
        top1 = Measurement(value=float(right_N.mean()), low=0, high=1, num_samples=NUM_IMAGES, unit="fraction")
        correct = base64.b64encode(np.packbits(right_N).tobytes()).decode()
        task = Task(architecture=architecture, fidelity=self.spec.fidelity, replicate=replicate)
        return Refined(task=task, score=Score(metrics={"accuracy": top1}, correct=correct), seconds=1.0)

    def curve(self, log_cost: float) -> float:
        """The accuracy of plain networks."""
        return 0.6 + 0.1 * log_cost

    @property
    def _latent_luck(self) -> float:
        return self.luck / 0.386  # the density of a normal variable where six in ten lie below

    def _enter(self, name: str, log_cost: float, gain: float | None, own: float, truth: float = 0.0) -> None:
        self.log_cost[name] = log_cost
        deviation = own * float(self.generator.standard_normal())
        self.truth[name] = truth if gain is None else self.curve(log_cost) + gain + deviation

    def _scored(self, name: str) -> Score:
        value = float(np.exp(self.log_cost[name] + LATENCY_ERROR * self.generator.standard_normal()))
        low, high = value * np.exp(-1.96 * LATENCY_ERROR), value * np.exp(1.96 * LATENCY_ERROR)
        latency = Measurement(value=value, low=low, high=high, num_samples=36, unit="x reference")
        return Score(metrics={COST: latency})


def networks(spec: StudySpec) -> tuple[list[Architecture], list[Architecture]]:
    """Different plain networks and such with MoD blocks; what they are does not matter here."""
    generator, plain, light = Random(0), dict[str, Architecture](), dict[str, Architecture]()
    while len(plain) < NUM_LADDER + NUM_PLAIN or len(light) < NUM_MOD:
        network = spec.space.decode(spec.space.draw(generator))
        if not network.num_light_blocks:
            plain[network.id] = network
        elif "random" in network.controls():
            light[network.id] = network
    return list(plain.values()), list(light.values())


def simulated(world: World, seeds: int) -> tuple[RefinedInfo, int]:
    """What the product says of a world, and after how many trainings."""
    refinement = Refinement(world.plan, (COST,), seeds, None, world.scores)
    trainings, allotment = Trainings(refinement, []), Allotment(refinement)
    number = 0
    while (training := next(allotment.due(trainings), None)) is not None:
        number += 1
        allotment.begin(training)
        trainings.begin(number, training)
        name, replicate = training
        trainings.end(number, world.train(name, replicate, refinement.networks[name].architecture))
    evidence = Evidence(world.plan, trainings.results, world.scores, 0.0)
    return refined_info(evidence, world.spec.model_copy(update={"objectives": ("accuracy", COST)})), number


def study(key: tuple[str, int], seeds: int, luck: float, agreement: float) -> dict[str, Any]:
    """The line of a simulated study: estimates beside the truth."""
    scenario, seed = key
    world = World(seed, GAINS[scenario], luck, agreement)
    info, num_trainings = simulated(world, seeds)
    names = [network.id for network in info.networks if network.membership is not None]
    truth_1M = np.array([[world.truth[name] for name in names]])
    cost_11M = np.array([[[world.log_cost[name] for name in names]]])
    is_member_M = front_shares(truth_1M, cost_11M)
    gains, controls = [], []
    for network in info.networks:
        true_gain = world.truth[network.id] - world.curve(world.log_cost[network.id])
        if network.gain:
            gains.append(compared(network.gain, true_gain))
        controls += [compared(held, GAINS[scenario]) for held in network.controls.values()]
    light = [network.id for network in info.networks if "member" in network.roles and network.gain]
    mean = float(np.mean([world.truth[name] - world.curve(world.log_cost[name]) for name in light])) if light else 0.0
    membership = {network.id: network.membership for network in info.networks}
    return {
        "scenario": scenario,
        "seed": seed,
        "trainings": num_trainings,
        "equal": seeds * len(world.plan.networks),
        "gains": gains,
        "controls": controls,
        "primary": compared(info.primary, mean) if info.primary else None,
        "membership": [[membership[name], bool(value)] for name, value in zip(names, is_member_M, strict=True)],
    }


def compared(held: Any, truth: float) -> list[Any]:
    """Truth, interval and verdict."""
    low, high = held.difference.interval()
    return [round(truth, 6), round(low, 6), round(high, 6), held.verdict]


def run(studies: int, workers: int, seeds: int, luck: float, agreement: float) -> None:
    done = {(line["scenario"], line["seed"]) for line in lines()}
    keys = [key for seed in range(studies // len(GAINS) + 1) for key in product(GAINS, [seed]) if key not in done]
    simulate = partial(study, seeds=seeds, luck=luck, agreement=agreement)
    with LINES.open("a") as file, ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for number, line in enumerate(pool.map(simulate, keys), 1):
            file.write(json.dumps(line) + "\n")
            file.flush()
            if number % 50 == 0:
                print(f"{number} of {len(keys)}", flush=True)


def lines() -> list[dict[str, Any]]:
    known = LINES.read_text().splitlines(keepends=True) if LINES.exists() else []
    return [json.loads(line) for line in known if line.endswith("\n")]


def show() -> None:
    found = lines()
    summary = {"studies": len(found), "scenarios": {name: scenario(found, name) for name in GAINS}}
    pairs = [pair for line in found for pair in line["membership"]]
    summary |= {"membership": list(bins(pairs)), "calibration_error": calibration_error(pairs)}
    summary["trainings"] = sum(line["trainings"] for line in found) / sum(line["equal"] for line in found)
    SUMMARY.write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary, indent=1))


def scenario(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    own = [line for line in found if line["scenario"] == name]
    said: dict[str, Any] = {"studies": len(own)}
    for what in ("gains", "controls"):
        said[what] = rates([one for line in own for one in line[what]])
    said["primary"] = rates([line["primary"] for line in own if line["primary"]])
    either = [line["controls"] + line["gains"] for line in own]
    false_better = [any(verdict == "better" and truth <= 0 for truth, _, _, verdict in asked) for asked in either]
    said["studies_with_a_false_better"] = float(np.mean(false_better)) if own else None
    return said


def rates(compared: list[list[Any]]) -> dict[str, float | int]:
    """How often the interval holds the truth, and how often each verdict is given."""
    if not compared:
        return {"num": 0}
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


def calibration_error(pairs: list[list[Any]]) -> float:
    """The mean absolute difference over the bins, each by how many are in it."""
    found = list(bins(pairs))
    return sum(one["num"] * abs(one["said"] - one["true"]) for one in found) / sum(one["num"] for one in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    running = verbs.add_parser("run")
    running.add_argument("--studies", type=int, default=2000)
    running.add_argument("--seeds", type=int, default=5)
    running.add_argument("--workers", type=int, default=2)
    running.add_argument("--luck", type=float, default=0.006)
    running.add_argument("--agreement", type=float, default=0.7)
    verbs.add_parser("show")
    options = parser.parse_args()
    if options.verb == "show":
        show()
    else:
        run(options.studies, options.workers, options.seeds, options.luck, options.agreement)


if __name__ == "__main__":
    main()
