"""What a network is and costs, as JSON and as tables."""

from dataclasses import asdict
from typing import Any

from rich.table import Table

from modsearch.architecture import published_name
from modsearch.scoring import Profile


def describe_json(profile: Profile) -> dict[str, Any]:
    """A JSON object; ``params`` is a count, ``gmacs`` are 1e9 multiply-adds for one image."""
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
        "num_classes": profile.num_classes,
        "image_size": profile.image_size,
        "uncounted_operators": list(profile.total.uncounted),
        "layers": [asdict(layer) for layer in profile.layers],
        "architecture": network.model_dump(mode="json"),
    }


def describe_tables(profile: Profile) -> list[Table]:
    """A table of facts and a table of layers."""
    return [_facts(profile), _layers(profile)]


def _facts(profile: Profile) -> Table:
    network, total = profile.architecture, profile.total
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("network", published_name(network) or "(not published)")
    table.add_row("blocks", network.describe().replace("[", r"\["))
    table.add_row("id", network.id)
    table.add_row("placement", f"{network.placement}, {network.num_mod_blocks} MoD blocks of {sum(network.depths)}")
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
