"""What trainings anew say, as JSON values."""

import json
from dataclasses import asdict
from math import isfinite
from typing import Any

from modsearch.analysis import Held, Honesty, RefinedInfo, RefinedNetwork
from modsearch.architecture import published_name
from modsearch.output.quantity import measured_json
from modsearch.output.refined.words import refined_words
from modsearch.record import Measurement, Planned
from modsearch.statistic.contrast import Estimate
from modsearch.statistic.rank import Agreement


def refined_json(info: RefinedInfo) -> dict[str, Any]:
    """Everything that is known, null where nothing is; ``networks`` has one object a network, in the plan's order.

    Accuracies and their differences are fractions, costs are in the unit that they name. ``freedom`` is null for a
    normal distribution, ``num_to_settle`` where no number of trainings would settle a difference. ``unmeasured`` has
    the networks of the plan whose cost is not known yet.
    """
    measured = {network.id for network in info.networks}
    planned = {network.id: network for network in info.plan.networks}
    return {
        "study": info.study,
        "fidelity": info.plan.fidelity.model_dump(mode="json"),
        "cost": asdict(info.cost),
        "margin": info.margin,
        "primary": _held_json(info.primary),
        "num_primary": info.num_primary,
        "networks": [_planned_json(planned[network.id]) | network_json(network) for network in info.networks],
        "unmeasured": [_planned_json(network) for name, network in planned.items() if name not in measured],
        "honesty": _honesty_json(info.honesty),
        "summary": list(refined_words(info)),
    }


def _planned_json(network: Planned) -> dict[str, Any]:
    return {
        "id": network.id,
        "architecture": json.loads(network.architecture.to_json()),
        "description": network.architecture.describe(),
        "published": published_name(network.architecture),
        "roles": list(network.roles),
        "control_of": dict(network.control_of),
    }


def network_json(network: RefinedNetwork) -> dict[str, Any]:
    """What trainings anew say of one network."""
    return {
        "num_replicates": network.num_replicates,
        "accuracy": _estimate_json(network.accuracy),
        "cost": measured_json(network.cost),
        "proxy": _measured_json(network.proxy),
        "membership": network.membership,
        "near_membership": network.near_membership,
        "is_recovered": network.is_recovered,
        "gain": _held_json(network.gain),
        "controls": {control: _held_json(held) for control, held in network.controls.items()},
    }


def _honesty_json(honesty: Honesty) -> dict[str, Any]:
    return {
        "proxy": _agreement_json(honesty.proxy),
        "close": _agreement_json(honesty.close),
        "ceiling": _agreement_json(honesty.ceiling),
        "counts": {name: _agreement_json(found) for name, found in honesty.counts.items()},
        "shallow": _estimate_json(honesty.shallow),
    }


def _held_json(held: Held | None) -> dict[str, Any] | None:
    if held is None:
        return None
    return {
        "difference": _estimate_json(held.difference),
        "verdict": held.verdict,
        "num_replicates": held.num_replicates,
        "num_to_settle": held.num_to_settle,
        "cost_ratio": held.cost_ratio,
    }


def _estimate_json(found: Estimate | None) -> dict[str, float | None] | None:
    if found is None:
        return None
    low, high = found.interval()
    freedom = found.freedom if isfinite(found.freedom) else None
    return {"value": found.value, "low": low, "high": high, "error": found.error, "freedom": freedom}


def _measured_json(measured: Measurement | None) -> dict[str, float | str] | None:
    return None if measured is None else measured_json(measured)


def _agreement_json(found: Agreement | None) -> dict[str, float] | None:
    return None if found is None else asdict(found)
