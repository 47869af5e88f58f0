"""Studies whose truth is known, as they are drawn from the hierarchical model of benchmarks/trust_fit.py."""

import base64
from collections.abc import Iterator
from random import Random

import numpy as np
from scipy.special import ndtri
from scipy.stats import norm

from benchmarks.bench_table import Bench
from benchmarks.trust_fit import Fit
from modsearch.analysis import Evidence, RefinedInfo, refined_info
from modsearch.architecture import Architecture
from modsearch.record import Measurement, Planned, Refined, RefinementPlan, Role, Score, Task
from modsearch.search.refine.allotment import Allotment
from modsearch.search.refine.refinement import Refinement, Trainings
from modsearch.space import StudySpec

COST = "relative_latency"
LATENCY_ERROR = 0.03 / 1.96  # as precise as a search times a network unless it is asked for something else
NUM_LADDER, NUM_MOD, NUM_PLAIN = 5, 6, 8
_FIRST_RUNG, _STEP = -0.6, 0.3  # log costs of the ladder


class World:
    """A study's networks, what they are truly worth, and what trainings of them give.

    A ladder of plain networks, other plain networks that are a point worse, and networks with MoD blocks that gain as
    much over the ladder as the scenario says; all but the ladder are a little more or less. Each MoD network has a
    control that is worth as much less as it gains: where that is 0, the two are alike (A/A).

    Args:
        seed: of all that is drawn.
        fit: the model.
        gain: of the networks with MoD blocks over the ladder, as a fraction.
        has_compared: without it, all are networks that nothing is held against: for the allotment of seeds alone.
    """

    def __init__(self, seed: int, fit: Fit, gain: float, has_compared: bool = True) -> None:
        self.generator, self.seed, self.fit = np.random.default_rng(seed), seed, fit
        self.spec: StudySpec = Bench().spec
        self.truth: dict[str, float] = {}
        self.log_cost: dict[str, float] = {}
        plain, light = networks(self.spec)
        planned = [self._plain(index, network, has_compared) for index, network in enumerate(plain)]
        for network in light:
            planned += self._light(network, gain, has_compared)
        self.plan = RefinementPlan(fidelity=self.spec.fidelity, networks=tuple(planned))
        self.scores = {name: self._scored(name) for name in self.truth}

    def curve(self, log_cost: float) -> float:
        """The accuracy of plain networks."""
        return self.fit.level + self.fit.slope * log_cost

    def train(self, name: str, replicate: int, architecture: Architecture) -> Refined:
        """One training: the same images and ease of them for all networks of a replicate."""
        num, agreement = self.fit.num_images, self.fit.agreement
        ease_N = np.random.default_rng((self.seed, replicate)).standard_normal(num)
        own = np.random.default_rng((self.seed, replicate, int(name, 16)))
        middle = float(ndtri(self.truth[name]))
        luck = self.fit.luck / norm.pdf(middle)  # on the normal scale
        worth = np.sqrt(1 + luck**2) * middle + luck * own.standard_normal()
        right_N = worth + np.sqrt(agreement) * ease_N + np.sqrt(1 - agreement) * own.standard_normal(num) > 0
        top1 = Measurement(value=float(right_N.mean()), low=0, high=1, num_samples=num, unit="fraction")
        correct = base64.b64encode(np.packbits(right_N).tobytes()).decode()
        task = Task(architecture=architecture, fidelity=self.spec.fidelity, replicate=replicate)
        return Refined(task=task, score=Score(metrics={"accuracy": top1}, correct=correct), seconds=1.0)

    def refinement(self, seeds: int) -> Refinement:
        """What is to be done."""
        return Refinement(self.plan, (COST,), seeds, None, self.scores)

    def said(self, trainings: Trainings) -> RefinedInfo:
        """What the product says."""
        evidence = Evidence(self.plan, trainings.results, self.scores, 0.0)
        return refined_info(evidence, self.spec.model_copy(update={"objectives": ("accuracy", COST)}))

    def _plain(self, index: int, network: Architecture, has_compared: bool) -> Planned:
        if index < NUM_LADDER:
            self._enter(network.id, _FIRST_RUNG + _STEP * index, 0.0, 0.0)
            return Planned(architecture=network, roles=("ladder",) if has_compared else ("near",))
        self._enter(network.id, self.generator.uniform(-0.6, 0.6), -0.01, self.fit.own)
        return Planned(architecture=network, roles=("near", "drawn"))

    def _light(self, network: Architecture, gain: float, has_compared: bool) -> list[Planned]:
        self._enter(network.id, self.generator.uniform(-0.55, 0.55), gain, self.fit.own)
        roles: tuple[Role, ...] = ("member", "drawn") if has_compared else ("near",)
        found = [Planned(architecture=network, roles=roles)]
        if has_compared:
            control = network.controls()["random"]
            self.truth[control.id] = self.truth[network.id] - gain
            self.log_cost[control.id] = self.log_cost[network.id]
            found.append(Planned(architecture=control, roles=("control",), control_of={network.id: "random"}))
        return found

    def _enter(self, name: str, log_cost: float, gain: float, own: float) -> None:
        self.log_cost[name] = log_cost
        self.truth[name] = self.curve(log_cost) + gain + own * float(self.generator.standard_normal())

    def _scored(self, name: str) -> Score:
        value = float(np.exp(self.log_cost[name] + LATENCY_ERROR * self.generator.standard_normal()))
        low, high = value * np.exp(-1.96 * LATENCY_ERROR), value * np.exp(1.96 * LATENCY_ERROR)
        return Score(metrics={COST: Measurement(value=value, low=low, high=high, num_samples=36, unit="x reference")})


def networks(spec: StudySpec) -> tuple[list[Architecture], list[Architecture]]:
    """Different plain networks and such with MoD blocks; what they are does not matter here."""
    generator, plain, light = Random(0), dict[str, Architecture](), dict[str, Architecture]()
    while len(plain) < NUM_LADDER + NUM_PLAIN or len(light) < NUM_MOD:
        network = spec.space.decode(spec.space.draw(generator))
        if not network.num_light_blocks:
            plain[network.id] = network
        elif "random" in network.controls():
            light[network.id] = network
    return list(plain.values())[: NUM_LADDER + NUM_PLAIN], list(light.values())[:NUM_MOD]


def refining(world: World, seeds: int) -> Iterator[Trainings]:
    """By the product's own allotment: after each training all that there are."""
    refinement = world.refinement(seeds)
    trainings, allotment = Trainings(refinement, []), Allotment(refinement)
    number = 0
    while (training := next(allotment.due(trainings), None)) is not None:
        number += 1
        allotment.begin(training)
        trainings.begin(number, training)
        name, replicate = training
        trainings.end(number, world.train(name, replicate, refinement.networks[name].architecture))
        yield trainings


def train_all(world: World, seeds: int) -> Trainings:
    """Until nothing is due."""
    *_, last = refining(world, seeds)
    return last
