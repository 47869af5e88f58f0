"""A refinement made up by hand: ResNets for CIFAR, what was trained of them, and what that says."""

from dataclasses import replace
from fractions import Fraction
from math import inf
from typing import Any

from modsearch.analysis import Held, Honesty, Objective, RefinedInfo, RefinedNetwork
from modsearch.architecture import Architecture, preset
from modsearch.record import Control, Measurement, Planned, RefinementPlan, Role
from modsearch.space import Fidelity
from modsearch.statistic.contrast import Estimate
from modsearch.statistic.rank import Agreement
from modsearch.statistic.verdict import Verdict
from tests.analysis.small_study import network

MOD, OTHER = network("SMS", "S", "S"), network("SS", "SMS", "SM")
LADDER = (network("S", "S", "S"), network("SS", "SS", "S"))
PUBLISHED = preset("resnet20_cifar").architecture
UNTRAINED = preset("resnet32_cifar").architecture


def control(architecture: Architecture, kind: Control) -> Architecture:
    if kind == "narrow":
        return architecture.narrowed(Fraction(1, 2))
    return architecture.controls()[kind]


def normal(value: float, half: float) -> Estimate:
    """With an interval of so much to each side."""
    return Estimate(value, half / 1.959963984540054, inf)


def held(value: float, half: float, verdict: Verdict = "inconclusive", settle: int | None = 12, **more: Any) -> Held:
    return Held(normal(value, half), verdict, 3, settle if verdict == "inconclusive" else 3, **more)


def refined(
    architecture: Architecture, roles: tuple[Role, ...], accuracy: float | None, cost: float, **more: Any
) -> RefinedNetwork:
    """Accuracy to 0.01 and cost to 2 %."""
    known: dict[str, Any] = {
        "num_replicates": 0 if accuracy is None else 3,
        "accuracy": None if accuracy is None else normal(accuracy, 0.01),
        "cost": relative(cost),
        "proxy": None,
        "membership": None,
        "near_membership": None,
        "gain": None,
        "controls": {},
    }
    return RefinedNetwork(architecture=architecture, roles=roles, **(known | more))


def relative(cost: float) -> Measurement:
    return Measurement(value=cost, low=0.98 * cost, high=1.02 * cost, num_samples=30, unit="x reference")


PROXY = Measurement(value=0.7, low=0.68, high=0.72, num_samples=1000, unit="fraction")
HONESTY = Honesty(
    proxy=Agreement(0.62, 0.45, 0.75, 190),
    close=None,
    ceiling=Agreement(0.7, 0.5, 0.8, 190),
    counts={"gmacs": Agreement(0.55, 0.4, 0.7, 190), "params": Agreement(-0.1, -0.3, 0.1, 190)},
    shallow=normal(0.008, 0.007),
)
UNKNOWN = Honesty(proxy=None, close=None, ceiling=None, counts={"gmacs": None, "params": None}, shallow=None)
KINDS: tuple[tuple[Control, float, float, Held], ...] = (
    ("deleted", 0.73, 0.66, held(0.018, 0.012, "better", cost_ratio=1.06)),
    ("random", 0.74, 0.69, held(0.008, 0.012)),
    ("first", 0.745, 0.68, held(0.003, 0.006, "equivalent")),
    ("first_scored", 0.75, 0.7, held(-0.002, 0.03, settle=None)),
    ("narrow", 0.77, 0.7, held(-0.022, 0.011, "worse", cost_ratio=1.002)),
)
CONTROLS = tuple(refined(control(MOD, kind), ("control",), accuracy, cost) for kind, accuracy, cost, _ in KINDS)
NETWORKS = (
    refined(
        MOD,
        ("member", "chosen"),
        0.748,
        0.7,
        proxy=PROXY,
        membership=0.9,
        near_membership=0.97,
        gain=held(0.008, 0.006, "better"),
        controls={kind: found for kind, *_, found in KINDS},
    ),
    refined(LADDER[0], ("ladder",), 0.6, 0.4, membership=1.0, near_membership=1.0),
    refined(LADDER[1], ("ladder", "drawn"), 0.74, 0.8, membership=0.4, near_membership=0.8),
    refined(OTHER, ("near",), 0.71, 0.75, membership=0.0, near_membership=0.02, gain=held(-0.02, 0.01, "worse")),
    refined(PUBLISHED, ("published", "ladder"), 0.8, 1.0, membership=1.0, near_membership=1.0),
    refined(UNTRAINED, ("published",), None, 1.6),
    *CONTROLS,
)


def plan(networks: tuple[RefinedNetwork, ...] = NETWORKS) -> RefinementPlan:
    of_mod = {control(MOD, kind).id: kind for kind, *_ in KINDS}
    planned = tuple(
        Planned(
            architecture=one.architecture,
            roles=one.roles,
            control_of={MOD.id: of_mod[one.id]} if one.id in of_mod else {},
        )
        for one in networks
    )
    return RefinementPlan(fidelity=Fidelity(image_size=32, epochs=20), networks=planned)


INFO = RefinedInfo(
    study="small",
    plan=plan(),
    cost=Objective.named("relative_latency"),
    margin=0.01,
    networks=NETWORKS,
    primary=held(0.008, 0.006, "better"),
    num_primary=5,
    honesty=HONESTY,
)
UNTRIED = replace(
    INFO,
    networks=tuple(refined(one.architecture, one.roles, None, one.cost.value) for one in NETWORKS),
    primary=None,
    num_primary=0,
    honesty=UNKNOWN,
)
"""Before the first training."""


def alone(*networks: RefinedNetwork) -> RefinedInfo:
    """Of these networks only."""
    return replace(INFO, networks=networks, plan=plan(networks))
