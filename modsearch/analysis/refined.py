"""What several trainings say: which networks belong on a front, and whether MoD blocks beat their controls."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import log, sqrt
from statistics import fmean, stdev

import numpy as np

from modsearch.analysis.evidence import Asked, Evidence, Key, all_asked, ladder_gain, mean_gain
from modsearch.analysis.point import Objective
from modsearch.architecture import Architecture
from modsearch.record import CONTROLS, Control, Measurement, Planned, RefinementPlan, Role, Score
from modsearch.space import StudySpec
from modsearch.statistic.contrast import Estimate, estimate, seeds_to_settle
from modsearch.statistic.luck import Luck
from modsearch.statistic.membership import Belief, front_shares
from modsearch.statistic.rank import Agreement, agreement
from modsearch.statistic.verdict import Verdict, verdicts

_NUM_DRAWS = 4000
_NEAR_GAIN, _NEAR_SAVING = 0.003, 0.02
_CLOSE = log(1.03)


@dataclass(frozen=True)
class Held:
    """A network against what it is held against, by differences in the replicates that both were trained in.

    Attributes:
        difference: of accuracies, as a fraction.
        verdict: what it says, adjusted for the others that were asked.
        num_replicates: how many both were trained in.
        num_to_settle: replicates that would settle it if the difference stays; None where none would: images limit.
        cost_ratio: cost of the network / that of the other one; 1 for a difference at equal cost.
    """

    difference: Estimate
    verdict: Verdict
    num_replicates: int
    num_to_settle: int | None
    cost_ratio: float = 1.0


@dataclass(frozen=True)
class RefinedNetwork:
    """A network that was trained anew.

    Attributes:
        architecture: the network.
        roles: why it was.
        num_replicates: how often.
        accuracy: mean over replicates, as it compares with that of the others; None before the first training.
        cost: the first cost objective of the study.
        proxy: the accuracy by which the search judged it; None where that was not.
        membership: probability that nothing dominates it; None before two trainings of it, or of others, tell of luck,
            and of a control that the search did not score.
        near_membership: the same once 0.3 points are added to its accuracy and 2 % taken off its cost.
        gain: over plain networks of its cost; None beyond the ladder, for the ladder's own, and before there is a
            replicate that all of these share.
        controls: by their name, how it stands against each.
    """

    architecture: Architecture
    roles: tuple[Role, ...]
    num_replicates: int
    accuracy: Estimate | None
    cost: Measurement
    proxy: Measurement | None
    membership: float | None
    near_membership: float | None
    gain: Held | None
    controls: Mapping[Control, Held]

    @property
    def id(self) -> str:
        """Of the network."""
        return self.architecture.id

    @property
    def is_recovered(self) -> bool | None:
        """Whether a published network is on the front or next to it; None where that is not known."""
        return None if self.near_membership is None else self.near_membership >= 0.5


@dataclass(frozen=True)
class Honesty:
    """How far the search's short trainings are to be believed, by networks that were drawn at random over latency.

    Attributes:
        proxy: how well their order agrees with that of the refined accuracies. None anywhere: fewer than 30 pairs.
        close: the same among networks whose costs differ by at most 3 %, with the published ones.
        ceiling: how well the first replicate agrees with the second one: more cannot be expected of a single training.
        counts: GMACs, parameters -> how well they agree with the refined accuracies.
        shallow: by how much the search judged deleted forms better against their networks than the refined accuracies
            do, in the mean: above 0, it favours shallow networks. Of networks that were drawn or published: what the
            search chose for its accuracy it has judged too well. None below two pairs.
    """

    proxy: Agreement | None
    close: Agreement | None
    ceiling: Agreement | None
    counts: Mapping[str, Agreement | None]
    shallow: Estimate | None


@dataclass(frozen=True)
class RefinedInfo:
    """What the trainings of a plan say.

    Attributes:
        study: the study's name.
        plan: what was to be trained, and how.
        cost: the first cost objective of the study, by which networks are called equally expensive.
        margin: differences below it are called equivalent, as a fraction.
        networks: those of the plan whose cost is known, in its order: others were neither scored nor trained yet.
        primary: the one test of the study: the mean gain, over plain networks of equal latency, of the search's members
            with a block that is not standard, at the level 0.025. None where none of them stands over the ladder.
        num_primary: over how many members.
        honesty: how far the search is to be believed.
    """

    study: str
    plan: RefinementPlan
    cost: Objective
    margin: float
    networks: tuple[RefinedNetwork, ...]
    primary: Held | None
    num_primary: int
    honesty: Honesty

    @property
    def published(self) -> tuple[RefinedNetwork, ...]:
        """The published networks."""
        return tuple(network for network in self.networks if "published" in network.roles)


def refined_info(evidence: Evidence, spec: StudySpec) -> RefinedInfo:
    """What the trainings of a plan say.

    Args:
        evidence: of the trainings.
        spec: of the study, as it is reported: the first objective that is not accuracy is the cost.
    """
    plan, cost = evidence.plan, Objective.named(spec.cost)
    known = [network for network in plan.networks if evidence.measured(network.id, cost.name)]
    gains = {network.id: gain for network in known if (gain := ladder_gain(evidence, cost.name, network))}
    asked = all_asked(evidence, cost.name, known, gains)
    held = dict(zip(asked, _held(evidence.luck, spec.margin, list(asked.values())), strict=True))
    shares = _memberships(evidence, spec.costs, known)
    light = {network.id for network in plan.having("member") if network.architecture.num_light_blocks}
    members = [gain for name, gain in gains.items() if name in light and (name, None) in held]
    primary = mean_gain(evidence, cost.name, members)
    return RefinedInfo(
        study=spec.name,
        plan=plan,
        cost=cost,
        margin=spec.margin,
        networks=tuple(_network(evidence, cost.name, network, held, shares) for network in known),
        primary=_held(evidence.luck, spec.margin, [primary])[0] if primary else None,
        num_primary=len(members),
        honesty=_honesty(evidence, cost.name, known),
    )


def _network(
    evidence: Evidence,
    cost: str,
    planned: Planned,
    held: Mapping[Key, Held],
    shares: Mapping[str, tuple[float, float]],
) -> RefinedNetwork:
    measured = evidence.measured(planned.id, cost)
    assert measured is not None
    membership, near_membership = shares.get(planned.id, (None, None))
    return RefinedNetwork(
        architecture=planned.architecture,
        roles=planned.roles,
        num_replicates=evidence.num_replicates(planned.id),
        accuracy=evidence.accuracy(planned.id),
        cost=measured,
        proxy=evidence.proxy(planned.id),
        membership=membership,
        near_membership=near_membership,
        gain=held.get((planned.id, None)),
        controls={kind: found for kind in CONTROLS if (found := held.get((planned.id, kind)))},
    )


def _held(luck: Luck, margin: float, asked: Sequence[Asked]) -> list[Held]:
    """What is said of all differences that are asked for at once."""
    differences = [estimate(one.sample, luck, one.cost_variance) for one in asked]
    return [
        Held(
            difference=difference,
            verdict=verdict,
            num_replicates=len(one.sample.value_R),
            num_to_settle=seeds_to_settle(one.sample, luck, margin, one.cost_variance),
            cost_ratio=one.cost_ratio,
        )
        for one, difference, verdict in zip(asked, differences, verdicts(differences, margin), strict=True)
    ]


def _memberships(evidence: Evidence, names: Sequence[str], known: Sequence[Planned]) -> dict[str, tuple[float, float]]:
    """Of each network of whose luck something is told: on the front of accuracy and these costs, and on it or near.

    A network that is nothing but a control stands for no choice of the space, unless the search scored it.
    """
    real = [network.id for network in known if set(network.roles) != {"control"} or evidence.proxy(network.id)]
    real = [name for name in real if all(evidence.measured(name, cost) for cost in names)]
    accuracies = {name: accuracy for name in real if (accuracy := evidence.accuracy(name))}
    if not accuracies:
        return {}
    cost_KM2 = np.array([[evidence.log_cost(name, cost) for name in accuracies] for cost in names]).reshape(
        len(names), len(accuracies), 2
    )
    light = {network.id: network.architecture.num_light_blocks > 0 for network in known}
    belief = Belief(
        accuracy_M=np.array([accuracy.value for accuracy in accuracies.values()]),
        error_M=np.array([accuracy.error for accuracy in accuracies.values()]),
        freedom_M=np.array([accuracy.freedom for accuracy in accuracies.values()]),
        log_cost_KM=cost_KM2[..., 0],
        cost_error_KM=cost_KM2[..., 1],
        kind_M=np.array([light[name] for name in accuracies], int),
    )
    drawn = belief.draw(_NUM_DRAWS, np.random.default_rng(0))
    shares = zip(front_shares(*drawn).tolist(), front_shares(*drawn, _NEAR_GAIN, _NEAR_SAVING).tolist(), strict=True)
    return {name: pair for name, pair in zip(accuracies, shares, strict=True) if evidence.is_comparable(name)}


def _honesty(evidence: Evidence, cost: str, known: Sequence[Planned]) -> Honesty:
    trained = [network for network in known if network.id in evidence.trained]
    drawn = [network.id for network in trained if "drawn" in network.roles]
    unchosen = [network for network in trained if not {"drawn", "published"}.isdisjoint(network.roles)]
    scored = [network.id for network in unchosen if evidence.proxy(network.id)]
    costs = [evidence.log_cost(name, cost)[0] for name in scored]
    return Honesty(
        proxy=_order(evidence, drawn, evidence.proxy),
        close=_order(evidence, scored, evidence.proxy, lambda one, other: abs(costs[one] - costs[other]) <= _CLOSE),
        ceiling=_ceiling([evidence.trained[name] for name in drawn]),
        counts={name: _order(evidence, drawn, partial(evidence.measured, name=name)) for name in ("gmacs", "params")},
        shallow=_shallow(evidence, unchosen),
    )


def _order(
    evidence: Evidence,
    names: Iterable[str],
    measured: Callable[[str], Measurement | None],
    is_pair: Callable[[int, int], bool] = lambda one, other: True,
) -> Agreement | None:
    """How well a measurement agrees with the accuracies of networks that were trained, where it is known."""
    values = {name: found.value for name in names if (found := measured(name))}
    return agreement(np.array(list(values.values())), np.array([evidence.mean(name) for name in values]), is_pair)


def _ceiling(trainings: Sequence[Mapping[int, Score]]) -> Agreement | None:
    """Of the first two replicates that there are, over the networks that were trained in both."""
    pair = sorted({replicate for scores in trainings for replicate in scores})[:2]
    both = [scores for scores in trainings if len(pair) == 2 and set(pair) <= scores.keys()]
    accuracy_M2 = [[scores[replicate].metrics["accuracy"].value for replicate in pair] for scores in both]
    return agreement(*np.array(accuracy_M2).T) if both else None


def _shallow(evidence: Evidence, trained: Sequence[Planned]) -> Estimate | None:
    """Over pairs of a network and its deleted form that were both scored and trained."""
    light = [network for network in trained if network.architecture.num_light_blocks]
    pairs = [(network.id, network.architecture.deleted().id) for network in light]

    def gap(network: str, deleted: str) -> float | None:
        proxy, other = evidence.proxy(network), evidence.proxy(deleted)
        if proxy is None or other is None or deleted not in evidence.trained:
            return None
        return (other.value - proxy.value) - (evidence.mean(deleted) - evidence.mean(network))

    gaps = [found for pair in pairs if (found := gap(*pair)) is not None]
    if len(gaps) < 2:
        return None
    return Estimate(fmean(gaps), stdev(gaps) / sqrt(len(gaps)), len(gaps) - 1)
