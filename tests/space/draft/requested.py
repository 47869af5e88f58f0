"""Requests for drafts, and the plain networks that can be asked for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modsearch.architecture import published
from modsearch.space import ImageFolder
from modsearch.space.draft import (
    ImageFacts,
    Remarks,
    Request,
    choose_network,
    read_deployments,
    target_size,
    with_image_size,
)

PLAIN = [name for name, network in published().items() if network.architecture.num_light_blocks == 0]
WITH_FORM = [name for name in PLAIN if f"{name}_mod" in published()]
USUAL: Mapping[str, Mapping[str, Any]] = {"gpu": {"device": "cuda", "batch_size": 32}}
REMARKS = Remarks(
    "3 classes", "modsearch new x.yaml", "modsearch plan x.yaml", "None are held out.", "", "About 3 min a network."
)
FACTS = ImageFacts(num_classes=40, num_train=40_000, smallest_class=900, side=640)


def make_request(network: str = "resnet50", places: tuple[str, ...] = ("gpu",), **changes: Any) -> Request:
    images = changes.pop("images", FACTS)
    chosen = choose_network(network, images.side)
    fields: dict[str, Any] = {
        "name": "birds",
        "network": chosen,
        "deployments": with_image_size(read_deployments(places, USUAL), target_size(chosen, images.side)),
        "data": ImageFolder(path=Path("/photos")),
        "images": images,
        "is_gpu": True,
        "threads": 2,
        "num_workers": 1,
        "is_pretrained": False,
        "hours": 8.0,
    }
    return Request(**(fields | changes))
