"""Controls: what a network of light blocks is held against, as networks of a plan."""

from collections.abc import Callable
from fractions import Fraction
from math import log

from modsearch.architecture import Architecture
from modsearch.record import CONTROLS, RefinementPlan

_STEPS = 32


def with_controls(plan: RefinementPlan, network: Architecture, narrow: Architecture | None) -> RefinementPlan:
    """The plan with the controls of one of its networks.

    Args:
        plan: has the network.
        network: has light blocks.
        narrow: the same with narrow blocks instead; None where there is none.
    """
    found = network.controls() | ({"narrow": narrow} if narrow else {})
    for kind in CONTROLS:
        if kind in found:
            plan = plan.with_network(found[kind], "control", {network.id: kind})
    return plan


def narrow_control(network: Architecture, cost: float, cost_of: Callable[[Architecture], float]) -> Architecture:
    """The network with narrow blocks in the place of its light ones, of the ratio that costs most nearly as much.

    Ratios are steps of 1/32, found by halving: about seven networks are measured.

    Args:
        network: has light blocks.
        cost: what it costs.
        cost_of: measures another network.

    Raises:
        ValueError: a block of its backbone has no channels inside.
    """
    found: dict[int, float] = {}

    def cost_at(step: int) -> float:
        if step not in found:
            found[step] = cost_of(network.narrowed(Fraction(step, _STEPS)))
        return found[step]

    low, high = 1, _STEPS - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost_at(middle) < cost else (low, middle)
    nearest = min((low, high), key=lambda step: abs(log(cost_at(step) / cost)))
    return network.narrowed(Fraction(nearest, _STEPS))
