"""Evidence: what trainings anew say of accuracies, with what is uncertain about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, hypot, log, sqrt
from statistics import fmean
from typing import NamedTuple

import numpy as np

from modsearch.analysis.difference import Bits, correct_images
from modsearch.analysis.plain_curve import USUAL_LUCK
from modsearch.record import Control, Measurement, Planned, Refined, RefinementPlan, Score
from modsearch.statistic.additive import Additive, fit
from modsearch.statistic.contrast import Estimate, contrast, estimate
from modsearch.statistic.interval import Z_95
from modsearch.statistic.ladder import rung
from modsearch.statistic.luck import Luck, Sample, study_luck

_USUAL = Luck(variance=USUAL_LUCK**2, freedom=2.0)
"""What is expected before a study has said anything. Two degrees of freedom: known but for a factor of about two."""
Key = tuple[str, Control | None]
"""Which difference: a network's id, and the control that it is held against; None for its gain over the ladder."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The whole trainings of a plan's networks at its fidelity, each replicate of a network once.

    Attributes:
        plan: what is trained anew.
        results: what was.
        scores: of the search, by the network's id.
        overlap: share of validation images that two replicates have in common.
    """

    plan: RefinementPlan
    results: Sequence[Refined]
    scores: Mapping[str, Score]
    overlap: float = 0.0

    @cached_property
    def trained(self) -> Mapping[str, Mapping[int, Score]]:
        """Id of each network that was -> replicate -> what the first training of it gave; both in their order."""
        found: dict[str, dict[int, Score]] = {network.id: {} for network in self.plan.networks}
        for result, name in self._named:
            task = result.task
            if task.fidelity == self.plan.fidelity and task.is_whole and "accuracy" in result.score.metrics:
                found.get(name, {}).setdefault(task.replicate, result.score)
        return {name: dict(sorted(scores.items())) for name, scores in found.items() if scores}

    def num_replicates(self, architecture_id: str) -> int:
        """How often a network was trained."""
        return len(self.trained.get(architecture_id, ()))

    def measured(self, architecture_id: str, name: str) -> Measurement | None:
        """A metric that is known without training: of the search, or of the first result that has it.

        That of the first deployment where the name leaves out which one.
        """
        metrics = self._metrics.get(architecture_id, {})
        return next((found for key, found in metrics.items() if name in (key, key.partition("@")[0])), None)

    def log_cost(self, architecture_id: str, name: str) -> tuple[float, float]:
        """Natural logarithm of a metric that is known of a network, and its standard error; 0 for exact counts."""
        cost = self.measured(architecture_id, name)
        assert cost is not None
        return log(cost.value), log(cost.high / cost.low) / (2 * Z_95)

    def proxy(self, architecture_id: str) -> Measurement | None:
        """The accuracy by which the search judged a network; None where it did not."""
        score = self.scores.get(architecture_id)
        return score.metrics.get("accuracy") if score else None

    def mean(self, architecture_id: str) -> float:
        """Accuracy of a network that was trained, in the mean of all replicates, whichever it was trained in."""
        return float(np.mean(self._own[architecture_id].sample.value_R))

    def accuracy(self, architecture_id: str) -> Estimate | None:
        """Its mean with the error that it has against those of the others; None before the first training.

        What all networks share, such as images that are easy, is left out of the error, as long as there are others in
        its replicates. A single training, of a study that does not know its luck yet, is taken to have the usual one.
        """
        if architecture_id not in self._own:
            return None
        sample, spread, _ = self._own[architecture_id]
        luck = self.luck if self.is_told(sample) else _USUAL
        found, (one, _) = estimate(sample, luck), luck.variance_of(sample)
        of_effects = max(0.0, one * (spread - 1 / len(sample.value_R)))
        return replace(found, error=sqrt(found.error**2 + of_effects))

    def is_comparable(self, architecture_id: str) -> bool:
        """Whether a network was trained, and its own trainings or those of others tell of its luck."""
        return architecture_id in self._own and self.is_told(self._own[architecture_id].sample)

    def is_told(self, sample: Sample) -> bool:
        """Whether the variance of a contrast is known, by its replicates or by other networks."""
        return sample.freedom + self.luck.freedom > 0

    def sample(self, coefficients: Mapping[str, float]) -> Sample | None:
        """A contrast of networks, by their ids, image by image over the replicates in which all of them were trained.

        Networks with a coefficient of 0 need not be. None where there is no such replicate with records of images.
        """
        counting = {name: coefficient for name, coefficient in coefficients.items() if coefficient}
        bits = [self._bits.get(name, {}) for name in counting]
        common = [replicate for replicate in bits[0] if all(replicate in known for known in bits)] if bits else []
        bits_RM = [[known[replicate] for known in bits] for replicate in common]
        if len({len(found) for bits_M in bits_RM for found in bits_M}) != 1:
            return None
        return contrast(np.array(bits_RM), np.array(list(counting.values())), self.overlap)

    def difference(self, one: str, other: str) -> Estimate:
        """Accuracy of one network that was trained minus that of another: paired where both have a replicate."""
        sample = self.sample({one: 1.0, other: -1.0})
        if sample is not None and self.is_told(sample):
            return estimate(sample, self.luck)
        first, second = self.accuracy(one), self.accuracy(other)
        assert first is not None
        assert second is not None
        error, freedom = hypot(first.error, second.error), min(first.freedom, second.freedom)
        return Estimate(first.value - second.value, error, freedom)

    @cached_property
    def luck(self) -> Luck:
        """What deviations of all networks from what their replicates do to them say of the luck of training."""
        return study_luck([own.sample for own in self._own.values() if not own.is_alone])

    @cached_property
    def _named(self) -> Sequence[tuple[Refined, str]]:
        """The results, each with the id of its network, which takes a while to compute."""
        return [(result, result.task.architecture.id) for result in self.results]

    @cached_property
    def _metrics(self) -> Mapping[str, Mapping[str, Measurement]]:
        """Id -> name -> measurement: the first one that there is, of the search and then of the results."""
        found = {name: dict(score.metrics) for name, score in self.scores.items()}
        for result, name in self._named:
            found[name] = result.score.metrics | found.get(name, {})
        return found

    @cached_property
    def _replicates(self) -> Sequence[int]:
        return sorted({replicate for scores in self.trained.values() for replicate in scores})

    @cached_property
    def _bits(self) -> Mapping[str, Mapping[int, Bits]]:
        """Id -> replicate -> for each image whether it was right, where that was recorded."""
        return {
            name: {
                replicate: bits
                for replicate, score in scores.items()
                if (bits := correct_images(score)) is not None and len(bits) > 1
            }
            for name, scores in self.trained.items()
        }

    @cached_property
    def _fit(self) -> Additive:
        accuracy_MR = np.full((len(self.trained), len(self._replicates)), np.nan)
        for row, scores in enumerate(self.trained.values()):
            for replicate, score in scores.items():
                accuracy_MR[row, self._replicates.index(replicate)] = score.metrics["accuracy"].value
        return fit(accuracy_MR)

    @cached_property
    def _image_variances(self) -> Mapping[tuple[str, int], float]:
        """(id, replicate) -> variance of the accuracy by its images, without what all networks share."""
        found = {}
        for replicate in self._replicates:
            there = {name: scores[replicate] for name, scores in self.trained.items() if replicate in scores}
            bits = {name: self._bits[name][replicate] for name in there if replicate in self._bits[name]}
            own = {name: _whole_variance(score.metrics["accuracy"]) for name, score in there.items()}
            found.update({(name, replicate): variance for name, variance in (own | _own_variances(bits)).items()})
        return found

    @cached_property
    def _own(self) -> Mapping[str, "_Own"]:
        """Of each network how it deviates from all of its replicates; from none where it was trained there alone."""
        found = {}
        for row, name in enumerate(self.trained):
            value_R, position_R = self._fit.deviations(row)
            images = [self._image_variances[name, self._replicates[position]] for position in position_R]
            sample = Sample(value_R, float(np.mean(images)), 1.0, self.overlap)
            found[name] = _Own(sample, float(self._fit.spread_M[row]), self._fit.is_alone(row))
        return found


class _Own(NamedTuple):
    """A network by itself: its deviations, what its mean has of the variance of one, and whether they are from none."""

    sample: Sample
    spread: float
    is_alone: bool


class Gain(NamedTuple):
    """Of a network over plain ones of its cost: as a contrast of networks, and how these rise with log cost."""

    coefficients: Mapping[str, float]
    slope: float


class Asked(NamedTuple):
    """A difference, what uncertain costs add to the variance of its mean, and how costs compare."""

    sample: Sample
    cost_variance: float = 0.0
    cost_ratio: float = 1.0


def ladder_gain(evidence: Evidence, cost: str, network: Planned) -> Gain | None:
    """None for a network of the ladder, for one that is nothing but a control, and beyond the ladder's ends."""
    if "ladder" in network.roles or set(network.roles) == {"control"}:
        return None
    trained = [one.id for one in evidence.plan.having("ladder") if one.id in evidence.trained]
    ladder = [name for name in trained if evidence.measured(name, cost)]
    place = rung(evidence.log_cost(network.id, cost)[0], [evidence.log_cost(name, cost)[0] for name in ladder])
    if place is None:
        return None
    coefficient_M = place.coefficient(0, range(1, len(ladder) + 1), len(ladder) + 1)
    coefficients = dict(zip((network.id, *ladder), coefficient_M.tolist(), strict=True))
    rise = evidence.mean(ladder[place.upper]) - evidence.mean(ladder[place.lower])
    return Gain(coefficients, rise / place.width if place.width else 0.0)


def mean_gain(evidence: Evidence, cost: str, gains: Sequence[Gain]) -> Asked | None:
    """Of networks, or of one, over the replicates in which all of them and their rungs were trained.

    Where the log cost of a network is off, be it one that gains or one of the ladder, a gain is off by the slope times
    the network's coefficient in it; so rungs that several networks share do not average out.
    """
    names = list(dict.fromkeys(name for gain in gains for name in gain.coefficients))
    sample = evidence.sample({name: fmean(gain.coefficients.get(name, 0.0) for gain in gains) for name in names})
    if sample is None or not evidence.is_told(sample):
        return None
    off = {name: fmean(gain.slope * gain.coefficients.get(name, 0.0) for gain in gains) for name in names}
    return Asked(sample, sum((off[name] * evidence.log_cost(name, cost)[1]) ** 2 for name in names))


def all_asked(evidence: Evidence, cost: str, known: Sequence[Planned], gains: Mapping[str, Gain]) -> dict[Key, Asked]:
    """All gains, and all networks against their controls, as far as there are replicates that tell."""
    found: dict[Key, Asked] = {}
    costs = {network.id: evidence.log_cost(network.id, cost)[0] for network in known}
    for network in known:
        gain = mean_gain(evidence, cost, [gains[network.id]] if network.id in gains else [])
        if gain:
            found[network.id, None] = gain
        for kind, control in evidence.plan.controls_of(network.id).items():
            sample = evidence.sample({network.id: 1.0, control.id: -1.0})
            if sample and evidence.is_told(sample) and control.id in costs:
                ratio = exp(costs[network.id] - costs[control.id])
                found[network.id, kind] = Asked(sample, cost_ratio=ratio)
    return found


def _whole_variance(accuracy: Measurement) -> float:
    """Of an accuracy by its images, with what all networks share."""
    return accuracy.value * (1 - accuracy.value) / max(1, accuracy.num_samples - 1)


def _own_variances(bits: Mapping[str, Bits]) -> dict[str, float]:
    """Of accuracies in one replicate, by its images, without what all networks share; none where there is but one."""
    found: dict[str, float] = {}
    for size in {len(known) for known in bits.values()}:
        names = [name for name, known in bits.items() if len(known) == size]
        if len(names) > 1:
            bits_MN = np.array([bits[name] for name in names], float)
            variance_M = (bits_MN - bits_MN.mean(axis=0)).var(axis=1, ddof=1) / size * len(names) / (len(names) - 1)
            found |= dict(zip(names, variance_M.tolist(), strict=True))
    return found
