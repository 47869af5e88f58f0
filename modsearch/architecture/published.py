"""Published networks as presets.

The MoD networks are those of Cakaj, Mehnert, Yang, "CNN Mixture-of-Depths" (arXiv 2409.17016): alternating placement,
c = 64. The plain ones are torchvision's, and the narrow three-stage ResNets for CIFAR are those of He et al.
(arXiv 1512.03385, section 4.2), here with projection shortcuts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from modsearch.architecture.architecture import Architecture
from modsearch.architecture.block import MoD
from modsearch.architecture.placement import PlacementName, rule_mask
from modsearch.message import nearest

_BLOCK = MoD(c=64)  # type: ignore[arg-type]
_WIDE = (64, 128, 256, 512)
_NARROW = (16, 32, 64)
_STAGE_DEPTHS = {
    "resnet18": ("resnet_basic", (2, 2, 2, 2)),
    "resnet26": ("resnet_basic", (2, 2, 3, 4)),
    "resnet34": ("resnet_basic", (3, 4, 6, 3)),
    "resnet42": ("resnet_basic", (3, 3, 6, 6)),
    "resnet50": ("resnet_bottleneck", (3, 4, 6, 3)),
    "resnet75": ("resnet_bottleneck", (3, 4, 14, 3)),
    "resnet86": ("resnet_bottleneck", (3, 4, 18, 3)),
    "resnet101": ("resnet_bottleneck", (3, 4, 23, 3)),
    "resnet152": ("resnet_bottleneck", (3, 8, 36, 3)),
}
_PLAIN_EXISTS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
_HAS_CIFAR_FORM = ("resnet18", "resnet34", "resnet50")
_CLASSIC_CIFAR_DEPTH = {"resnet20": 3, "resnet32": 5, "resnet44": 7, "resnet56": 9, "resnet110": 18}


@dataclass(frozen=True)
class Published:
    """A published network and the task that it was published for.

    Attributes:
        name: torchvision's spelling; ``_cifar`` for the 3x3 stem, ``_mod`` for the MoD form.
        architecture: the network.
        image_size: pixels of the published task.
        num_classes: classes of the published task.
        source: where it was published.
    """

    name: str
    architecture: Architecture
    image_size: int
    num_classes: int
    source: str


@cache
def published() -> Mapping[str, Published]:
    """All presets by name."""
    found = [_imagenet(name, "none") for name in _PLAIN_EXISTS]
    found += [_imagenet(name, "alternating") for name in _STAGE_DEPTHS]
    for name in _HAS_CIFAR_FORM:
        found += [_cifar(name, "none"), _cifar(name, "alternating")]
    found += [_classic_cifar(name, depth) for name, depth in _CLASSIC_CIFAR_DEPTH.items()]
    return MappingProxyType({each.name: each for each in found})


def preset(name: str) -> Published:
    """The published network of that name.

    Raises:
        ValueError: there is none; the message names the nearest.
    """
    found = published().get(name)
    if found is None:
        raise ValueError(f"No published network is called {name!r}.{nearest(name, published())}")
    return found


def published_name(architecture: Architecture) -> str | None:
    """The name under which a network was published, or None."""
    return _names_by_id().get(architecture.id)


@cache
def _names_by_id() -> dict[str, str]:
    return {each.architecture.id: name for name, each in published().items()}


def _imagenet(name: str, placement: PlacementName) -> Published:
    backbone, depths = _STAGE_DEPTHS[name]
    architecture = _network(backbone, "imagenet", _WIDE, depths, placement)
    if placement == "none":
        return Published(name, architecture, 224, 1000, "arXiv 1512.03385")
    return Published(f"{name}_mod", architecture, 224, 1000, "arXiv 2409.17016")


def _cifar(name: str, placement: PlacementName) -> Published:
    backbone, depths = _STAGE_DEPTHS[name]
    architecture = _network(backbone, "cifar", _WIDE, depths, placement)
    suffix = "_cifar" if placement == "none" else "_cifar_mod"
    return Published(name + suffix, architecture, 32, 10, "arXiv 2409.17016")


def _classic_cifar(name: str, depth: int) -> Published:
    architecture = _network("resnet_basic", "cifar", _NARROW, (depth,) * 3, "none")
    return Published(f"{name}_cifar", architecture, 32, 10, "arXiv 1512.03385")


def _network(
    backbone: str, stem: str, widths: tuple[int, ...], depths: tuple[int, ...], placement: PlacementName
) -> Architecture:
    masks = tuple(rule_mask(placement, depth) for depth in depths)
    return Architecture.assemble(backbone, stem, widths, masks, (_BLOCK,) * len(depths))
