"""What a network is and costs, as JSON and as tables."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from modsearch.analysis import Deployed, RefinedNetwork
from modsearch.architecture import published_name
from modsearch.output.quantity import measured_json, show_measurement
from modsearch.output.refined.json import network_json
from modsearch.output.selection.selectivity import selectivity_json, selectivity_rows
from modsearch.output.speedup.words import show_speedup, speedup_json
from modsearch.record import Environment, Profile, Score, Speedup
from modsearch.space import METRICS


def describe_json(
    profile: Profile,
    ideal: Speedup | None = None,
    deployed: Sequence[Deployed] = (),
    score: Score | None = None,
    refined: RefinedNetwork | None = None,
) -> dict[str, Any]:
    """A JSON object; ``params`` is a count, ``gmacs`` are 1e9 multiply-adds for one image.

    Args:
        profile: the network.
        ideal: what its MoD blocks save on paper; None for a network without them.
        deployed: what a study measured of it.
        score: what the study knows of it.
        refined: what trainings anew say of it.
    """
    network = profile.architecture
    return {
        "id": network.id,
        "description": network.describe(),
        "published": published_name(network),
        "placement": network.placement,
        "params": profile.total.params,
        "gmacs": profile.total.gmacs,
        "depths": list(network.depths),
        "num_mod_blocks": network.num_mod_blocks,
        "num_light_blocks": network.num_light_blocks,
        "num_classes": profile.num_classes,
        "image_size": profile.image_size,
        "uncounted_operators": list(profile.total.uncounted),
        "speedup": speedup_json(ideal) if ideal else None,
        **(selectivity_json(score) if score else {}),
        "refined": network_json(refined) if refined else None,
        "deployments": {found.place: _deployed_json(found) for found in deployed},
        "layers": [asdict(layer) for layer in profile.layers],
        "architecture": network.model_dump(mode="json"),
    }


def describe_tables(
    profile: Profile,
    ideal: Speedup | None = None,
    deployed: Sequence[Deployed] = (),
    score: Score | None = None,
    refined: Sequence[str] = (),
) -> list[Table]:
    """A table of facts and a table of layers."""
    facts = _facts(profile)
    if ideal and not any(deployment.speedup for deployment in deployed):
        facts.add_row("speed-up", show_speedup(ideal))
    for number, row in enumerate(selectivity_rows(score) if score else ()):
        facts.add_row("" if number else "selection", row)
    for number, row in enumerate(refined):
        facts.add_row("" if number else "trained anew", escape(row))
    for deployment in deployed:
        _add_deployed(facts, deployment)
    return [facts, _layers(profile)]


def _deployed_json(found: Deployed) -> dict[str, Any]:
    measured = dict(found.measured) | ({"throughput_images_s": found.throughput} if found.throughput else {})
    environment = _environment(found)
    return {
        "deployment": found.deployment.model_dump(mode="json"),
        "measured": {name: measured_json(measurement) for name, measurement in measured.items()},
        "speedup": speedup_json(found.speedup) if found.speedup else None,
        "environment": environment.model_dump(mode="json") if environment else None,
    }


def _add_deployed(facts: Table, found: Deployed) -> None:
    """A row for the deployment, one for each measurement, and one for where they were taken."""
    facts.add_row(f"on {escape(found.place)}", escape(found.deployment.describe()))
    rows = [(METRICS[name].label, measurement) for name, measurement in found.measured.items()]
    rows += [("throughput at the median", found.throughput)] if found.throughput else []
    for label, measurement in rows:
        facts.add_row("", f"{label.partition(' (')[0]}: {show_measurement(measurement)}")
    if found.speedup:
        facts.add_row("", f"speed-up: {show_speedup(found.speedup)}")
    environment = _environment(found)
    if environment:
        facts.add_row("", f"measured on {escape(environment.describe())}")


def _environment(found: Deployed) -> Environment | None:
    """Of the first measurement: a network is timed once at a deployment."""
    return next((measurement.environment for measurement in found.measured.values()), None)


def _facts(profile: Profile) -> Table:
    network, total = profile.architecture, profile.total
    num_light, light = network.num_light_blocks, f"{network.light_label or 'MoD'} blocks"
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("network", published_name(network) or "(not published)")
    table.add_row("blocks", network.describe().replace("[", r"\["))
    table.add_row("id", network.id)
    table.add_row("placement", f"{network.placement}, {num_light} {light} of {sum(network.depths)}")
    table.add_row("parameters", f"{total.params:,} for {profile.num_classes} classes")
    table.add_row("GMACs", f"{total.gmacs:.4g} an image of {profile.image_size} x {profile.image_size}")
    table.add_row("not counted", f"{', '.join(total.uncounted)} (GMACs are convolutions and linear layers)")
    return table


def _layers(profile: Profile) -> Table:
    table = Table("layer", "kind", title="Layers", title_justify="left")
    for heading in ("c", "k", "output", "parameters", "MMACs"):
        table.add_column(heading, justify="right")
    for layer in profile.layers:
        shape = " x ".join(map(str, layer.out_shape))
        numbers = (layer.c or "", str(layer.k or ""), shape, f"{layer.params:,}", f"{layer.gmacs * 1e3:,.3f}")
        table.add_row(layer.name, layer.kind, *numbers)
    return table
