"""What single swaps of a network do: a light block moved, added or removed, or another c."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import hypot, inf, sqrt
from typing import Literal, get_args

from modsearch.analysis.difference import accuracy_difference
from modsearch.analysis.evidence import Evidence
from modsearch.analysis.plain_curve import USUAL_LUCK
from modsearch.analysis.point import Objective
from modsearch.architecture import Architecture, Block, Swap, swaps
from modsearch.space import Space, StudySpec
from modsearch.statistic.contrast import Estimate
from modsearch.statistic.interval import Z_95
from modsearch.statistic.verdict import Verdict, verdicts

Basis = Literal["trained anew", "measured", "predicted"]
BASES: tuple[Basis, ...] = get_args(Basis)
Predict = Callable[[Architecture, Sequence[Architecture]], Sequence[tuple[Estimate, Estimate]]]
"""By how much networks differ from one: in accuracy, and in the natural logarithm of the cost."""


@dataclass(frozen=True)
class Told:
    """A difference, and how it is known.

    Attributes:
        difference: the value after a swap minus that before.
        basis: both networks were ``trained anew``, the search ``measured`` both, or its model ``predicted`` it.
    """

    difference: Estimate
    basis: Basis


@dataclass(frozen=True)
class SwapEffect:
    """What a swap does.

    Attributes:
        swap: the network that results.
        accuracy: of accuracies, as fractions.
        log_cost: of natural logarithms of the cost.
        verdict: what the difference of accuracies says, adjusted for all other swaps.
    """

    swap: Swap
    accuracy: Told
    log_cost: Told
    verdict: Verdict


@dataclass(frozen=True)
class SwapInfo:
    """The swaps of a network that its study's space has.

    Attributes:
        study: the study's name.
        architecture: the network.
        cost: the first cost objective of the study.
        margin: differences below it are called equivalent, as a fraction.
        effects: of the swaps of which something is known, from the largest gain in accuracy to the largest loss.
        num_unknown: swaps of which nothing is known, for the search's model is not to be believed.
    """

    study: str
    architecture: Architecture
    cost: Objective
    margin: float
    effects: tuple[SwapEffect, ...]
    num_unknown: int


def swap_info(network: Architecture, evidence: Evidence, spec: StudySpec, predict: Predict | None = None) -> SwapInfo:
    """What is known of the swaps of a network, by the best that there is of each.

    Args:
        network: any one.
        evidence: what the search scored, and what was trained anew.
        spec: of the study, as it is reported: the first objective that is not accuracy is the cost.
        predict: of networks of the space, where the search's model is to be believed.
    """
    found = [swap for swap in swaps(network, _addable(spec.space, network)) if swap.architecture in spec.space]
    is_foretold = found and network in spec.space
    foretold = predict(network, [swap.architecture for swap in found]) if predict and is_foretold else ()
    told = []
    for index, swap in enumerate(found):
        other = swap.architecture.id
        predicted = [Told(difference, "predicted") for difference in foretold[index]] if foretold else [None, None]
        accuracy = _accuracy(evidence, network.id, other) or predicted[0]
        log_cost = _log_cost(evidence, network.id, other, spec.cost) or predicted[1]
        if accuracy and log_cost:
            told.append((swap, accuracy, log_cost))
    said = verdicts([accuracy.difference for _, accuracy, _ in told], spec.margin)
    effects = [SwapEffect(*row, verdict) for row, verdict in zip(told, said, strict=True)]
    return SwapInfo(
        study=spec.name,
        architecture=network,
        cost=Objective.named(spec.cost),
        margin=spec.margin,
        effects=tuple(sorted(effects, key=lambda effect: -effect.accuracy.difference.value)),
        num_unknown=len(found) - len(told),
    )


def _addable(space: Space, network: Architecture) -> list[Block]:
    """The blocks that a network without light blocks may get."""
    members = [member for member in space.members.values() if network in member]
    return [block for member in members for choices in member.blocks for block in choices.blocks()]


def _accuracy(evidence: Evidence, before: str, after: str) -> Told | None:
    """The difference where both were trained; that of single trainings with the luck of both."""
    if evidence.is_comparable(before) and evidence.is_comparable(after):
        return Told(evidence.difference(after, before), "trained anew")
    if not {before, after} <= evidence.scores.keys():
        return None
    found = accuracy_difference(evidence.scores[after], evidence.scores[before])
    luck = evidence.luck.variance if evidence.luck.freedom else USUAL_LUCK**2
    error = hypot((found.high - found.low) / (2 * Z_95), sqrt(2 * luck))
    return Told(Estimate(found.value, error, inf), "measured")


def _log_cost(evidence: Evidence, before: str, after: str, cost: str) -> Told | None:
    if not (evidence.measured(before, cost) and evidence.measured(after, cost)):
        return None
    (one, one_error), (other, other_error) = (evidence.log_cost(name, cost) for name in (before, after))
    return Told(Estimate(other - one, hypot(one_error, other_error), inf), "measured")
