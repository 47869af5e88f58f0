"""The published MoD networks beside what their paper prints of them (Cakaj, Mehnert, Yang, arXiv 2409.17016)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, replace

from modsearch.architecture import Published, preset, published
from modsearch.models.device import torch_device
from modsearch.record import RATIOS, Comparison
from modsearch.scoring.count import count
from modsearch.scoring.latency import PROTOCOL, build_target, time_networks
from modsearch.space import Deployment, TimingProtocol

# Depths that the paper prints with MoD blocks only: each stands for a shallower plain network of about its accuracy.
# The paper sets 75 and 86 beside 50 itself; 26, 42 and 152 follow from its accuracies. All others have a plain form.
_BESIDE = {
    "resnet26": "resnet18",
    "resnet42": "resnet34",
    "resnet75": "resnet50",
    "resnet86": "resnet50",
    "resnet152": "resnet101",
}


def comparable() -> Mapping[str, Published]:
    """The published networks of which the paper prints something, and every MoD network, by name."""
    return {
        name: network
        for name, network in published().items()
        if network.architecture.num_mod_blocks or any(astuple(network.printed))
    }


def plain_network(network: Published) -> Published | None:
    """The plain network that a MoD network is set beside; None for a plain network."""
    if not network.architecture.num_mod_blocks:
        return None
    name = network.name.partition("_mod")[0]
    return preset(_BESIDE.get(name, name))


def compare(
    networks: Sequence[Published], place: Deployment, protocol: TimingProtocol = PROTOCOL
) -> Iterator[Comparison]:
    """Count networks and time those with MoD blocks, one after the other, each beside its plain and its deleted form.

    The three are timed in the same rounds. An architecture that comes twice,
    for two numbers of classes, is timed once.

    Args:
        networks: in this order.
        place: where; its image size and classes give way to those of each network's published task.
        protocol: how long each network is timed.

    Raises:
        ValueError: this machine does not have the device.
    """
    torch_device(place.device)
    return _compare(networks, place, protocol)


def _compare(networks: Sequence[Published], place: Deployment, protocol: TimingProtocol) -> Iterator[Comparison]:
    timed: set[str] = set()
    for network in networks:
        task = {"image_size": network.image_size, "num_classes": network.num_classes}
        is_new = network.architecture.id not in timed
        timed.add(network.architecture.id)
        yield _comparison(network, place.model_copy(update=task), protocol if is_new else None)


def _comparison(network: Published, deployment: Deployment, protocol: TimingProtocol | None) -> Comparison:
    """Without times where no protocol is given."""
    target = build_target(network.architecture, deployment)
    plain = plain_network(network)
    found = Comparison(network, deployment, count(target, network.image_size), plain)
    if plain is None or protocol is None:
        return found
    forms = {"mod": network.architecture, "plain": plain.architecture, "deleted": network.architecture.deleted()}
    timing = time_networks(forms, deployment, protocol, RATIOS)
    ratios = {(form, other): timing.relative_latency(form, other) for form, other in RATIOS}
    latency_ms = {form: timing.latency_ms(form) for form in forms}
    return replace(found, ratios=ratios, latency_ms=latency_ms, ending=timing.ending)
