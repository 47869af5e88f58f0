"""The words about networks that were trained anew: whatever shows them reads this."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import exp, log
from typing import get_args

from modsearch.analysis import Held, RefinedInfo, RefinedNetwork
from modsearch.output.network import light_label
from modsearch.output.quantity import show_measurement, show_probability
from modsearch.output.refined.honesty import honesty_lines
from modsearch.output.refined.term import (
    accuracy_of,
    cost_word,
    count,
    network_name,
    show_points,
    show_to_settle,
    verdict_words,
)
from modsearch.record import CONTROLS, Control
from modsearch.statistic.verdict import Verdict

_CONTROLS: dict[Control, str] = {
    "deleted": "the same with these blocks deleted",
    "random": "the same with channels drawn once at random",
    "first": "the same with the first channels",
    "first_scored": "the same with the first channels, scaled by their scores",
    "narrow": "the same with narrow blocks, as near in cost as can be",
}
_SMOKE = "Smoke test: the trained proxies had another width than these networks, so accuracies do not rank them."
_MOST_NAMES = 8
_LIKELY = 0.5


def refined_words(info: RefinedInfo) -> tuple[str, ...]:
    """A sentence each: the primary test, the front, each kind of control, published networks, and the search itself."""
    found = (*_front_lines(info), *_control_lines(info), *_published_lines(info))
    smoke = (_SMOKE,) if info.plan.fidelity.is_smoke_test else ()
    return (*smoke, primary_line(info), *found, *honesty_lines(info.honesty))


def primary_line(info: RefinedInfo) -> str:
    """Such as ``MoD members gain +0.8 points over plain networks of the same latency (+0.2 to +1.4), better, ...``."""
    members = [network for network in info.networks if "member" in network.roles]
    who = f"{light_label(network.architecture for network in members)} members"
    plain = f"plain networks of the same {cost_word(info)}"
    held = info.primary
    if held is None:
        why = "no seed in which all of them were trained" if info.num_primary else "none can be held against them"
        return f"Whether {who} gain over {plain} is not known: {why}."
    said = f"{who} gain {show_points(held.difference)[0]} over {plain} ({show_points(held.difference)[1]})"
    return f"{said}, {verdict_words(held, info.margin)}, over {count(info.num_primary, 'member')}{_to_settle(held)}."


def network_lines(network: RefinedNetwork, margin: float) -> Iterator[str]:
    """What trainings anew say of one network: its accuracy, whether it belongs on the front, and each difference."""
    if network.accuracy is not None:
        yield f"{show_measurement(accuracy_of(network.accuracy))} over {count(network.num_replicates, 'training')}"
    if network.membership is not None:
        near = show_probability(network.near_membership)
        yield f"P(front) {show_probability(network.membership)}, P(within 0.3 points and 2 % of the cost) {near}"
    asked = {"plain networks of its cost": network.gain} | {
        f"its {control.replace('_', ' ')} control": held for control, held in network.controls.items()
    }
    for what, held in asked.items():
        if held is not None:
            value, ends = show_points(held.difference)
            yield f"{value} ({ends}) against {what}: {verdict_words(held, margin)}"


def _to_settle(held: Held) -> str:
    """What follows an inconclusive verdict."""
    if held.verdict != "inconclusive":
        return ""
    if held.num_to_settle is None:
        return ": no number of trainings settles this: the validation images or the latencies limit it"
    needed = show_to_settle(held).replace(">", "more than ")
    return f": {needed} trainings of each would settle it, if it stays ({held.num_replicates} now)"


def _front_lines(info: RefinedInfo) -> Iterator[str]:
    known = [network for network in info.networks if network.membership is not None]
    if known:
        likely = [network for network in known if (network.membership or 0) >= _LIKELY]
        num_light = sum(network.architecture.num_light_blocks > 0 for network in likely)
        yield (
            f"On the front with a probability of {_LIKELY} or more: {len(likely)} of {count(len(known), 'network')}, "
            f"{num_light} of them with {light_label(network.architecture for network in likely)} blocks."
        )


def _control_lines(info: RefinedInfo) -> Iterator[str]:
    for control in CONTROLS:
        having = [network for network in info.networks if control in network.controls]
        if having:
            yield _control_line(having, control)


def _control_line(networks: Sequence[RefinedNetwork], control: Control) -> str:
    """Costs compare by their geometric mean."""
    held = [network.controls[control] for network in networks]
    verdicts = Counter(one.verdict for one in held)
    said = ", ".join(f"{verdicts[one]} {one}" for one in get_args(Verdict))
    ratio = exp(sum(log(one.cost_ratio) for one in held) / len(held))
    who = count(len(networks), f"{light_label(network.architecture for network in networks)} network")
    return f"{who} against {_CONTROLS[control]} ({ratio:.2f}x the cost): {said}."


def _published_lines(info: RefinedInfo) -> Iterator[str]:
    known = {network.id for network in info.networks}
    unmeasured = [network for network in info.plan.having("published") if network.id not in known]
    for is_recovered, what in (
        (True, "on the front or next to it"),
        (False, "neither on the front nor next to it"),
        (None, "not known yet"),
    ):
        found = [_named(network) for network in info.published if network.is_recovered is is_recovered]
        found += [network_name(network) for network in unmeasured] if is_recovered is None else []
        if found:
            yield f"Published, {what}: {_listed(found)}."


def _named(network: RefinedNetwork) -> str:
    """With the probability of it, where that is known."""
    near = network.near_membership
    return network_name(network) + ("" if near is None else f" ({show_probability(near)})")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
