"""Published networks as presets.

The MoD networks are those of Cakaj, Mehnert, Yang, "CNN Mixture-of-Depths" (arXiv 2409.17016): alternating placement,
c = 64 (16 in MobileNetV2). The plain ones are torchvision's, and the narrow three-stage ResNets for CIFAR are those of
He et al. (arXiv 1512.03385, section 4.2), here with projection shortcuts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from modsearch.architecture.architecture import Architecture
from modsearch.architecture.mod import MoD
from modsearch.architecture.placement import rule_mask
from modsearch.architecture.printed import PRINTED, Printed
from modsearch.message import nearest, shown

_MOD = "arXiv 2409.17016"
_BLOCK = MoD(c=64)  # type: ignore[arg-type]
_ABLATED_C = (2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class Published:
    """A published network and the task that it was published for.

    Attributes:
        name: torchvision's spelling; ``_cifar`` or ``_cifar100`` for the form for small images, ``_mod`` for the MoD
            form, then the variant.
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

    @property
    def printed(self) -> Printed:
        """What the MoD paper prints of it; None in each field of which it prints nothing."""
        return PRINTED.get(self.name, Printed())


@dataclass(frozen=True)
class _Family:
    """The row of a published network: its plain form, and for which tasks which forms exist."""

    backbone: str
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    source: str
    block: MoD = _BLOCK
    imagenet: str = ""  # p: the plain form exists, m: the MoD form
    cifar: str = ""

    def network(self, stem: str, block: MoD | None = None) -> Architecture:
        """Plain, or with this block in the paper's places."""
        masks = tuple(rule_mask("alternating" if block else "none", depth) for depth in self.depths)
        return Architecture.assemble(self.backbone, stem, self.widths, masks, (block or self.block,) * len(self.depths))


_WIDE, _NARROW, _RESNET = (64, 128, 256, 512), (16, 32, 64), "arXiv 1512.03385"
_VGG_WIDTHS, _VGG = (64, 128, 256, 512, 512), "arXiv 1409.1556"
_MOBILE_WIDTHS, _MOBILE_DEPTHS, _MOBILE = (16, 24, 32, 64, 96, 160, 320), (1, 2, 3, 4, 3, 3, 1), "arXiv 1801.04381"
_MOBILE_L_WIDTHS = (16, 32, 64, 96, 128, 160, 320)
_MOBILE_BLOCK = MoD(c=16)  # type: ignore[arg-type]
_CONVNEXT = "arXiv 2201.03545"

_FAMILIES = {
    "resnet18": _Family("resnet_basic", _WIDE, (2, 2, 2, 2), _RESNET, imagenet="pm", cifar="pm"),
    "resnet26": _Family("resnet_basic", _WIDE, (2, 2, 3, 4), _RESNET, imagenet="m"),
    "resnet34": _Family("resnet_basic", _WIDE, (3, 4, 6, 3), _RESNET, imagenet="pm", cifar="pm"),
    "resnet42": _Family("resnet_basic", _WIDE, (3, 3, 6, 6), _RESNET, imagenet="m"),
    "resnet50": _Family("resnet_bottleneck", _WIDE, (3, 4, 6, 3), _RESNET, imagenet="pm", cifar="pm"),
    "resnet75": _Family("resnet_bottleneck", _WIDE, (3, 4, 14, 3), _RESNET, imagenet="m"),
    "resnet86": _Family("resnet_bottleneck", _WIDE, (3, 4, 18, 3), _RESNET, imagenet="m"),
    "resnet101": _Family("resnet_bottleneck", _WIDE, (3, 4, 23, 3), _RESNET, imagenet="pm"),
    "resnet152": _Family("resnet_bottleneck", _WIDE, (3, 8, 36, 3), _RESNET, imagenet="pm"),
    "resnet20": _Family("resnet_basic", _NARROW, (3, 3, 3), _RESNET, cifar="p"),
    "resnet32": _Family("resnet_basic", _NARROW, (5, 5, 5), _RESNET, cifar="p"),
    "resnet44": _Family("resnet_basic", _NARROW, (7, 7, 7), _RESNET, cifar="p"),
    "resnet56": _Family("resnet_basic", _NARROW, (9, 9, 9), _RESNET, cifar="p"),
    "resnet110": _Family("resnet_basic", _NARROW, (18, 18, 18), _RESNET, cifar="p"),
    "vgg16_bn": _Family("vgg_bn", _VGG_WIDTHS, (2, 2, 3, 3, 3), _VGG, imagenet="p", cifar="pm"),
    "vgg19_bn": _Family("vgg_bn", _VGG_WIDTHS, (2, 2, 4, 4, 4), _VGG, imagenet="p", cifar="pm"),
    "mobilenet_v2": _Family("mobilenet_v2", _MOBILE_WIDTHS, _MOBILE_DEPTHS, _MOBILE, _MOBILE_BLOCK, imagenet="pm"),
    "convnext_tiny": _Family("convnext", (96, 192, 384, 768), (3, 3, 9, 3), _CONVNEXT, imagenet="p"),
    "convnext_small": _Family("convnext", (96, 192, 384, 768), (3, 3, 27, 3), _CONVNEXT, imagenet="p"),
    "convnext_base": _Family("convnext", (128, 256, 512, 1024), (3, 3, 27, 3), _CONVNEXT, imagenet="p"),
}
_MOBILE_L = _Family("mobilenet_v2", _MOBILE_L_WIDTHS, _MOBILE_DEPTHS, _MOBILE, _MOBILE_BLOCK)


@cache
def published() -> Mapping[str, Published]:
    """All presets by name."""
    return MappingProxyType({network.name: network for network in _all()})


def preset(name: str) -> Published:
    """The published network of that name.

    Raises:
        ValueError: there is none; the message names the nearest.
    """
    found = published().get(name)
    if found is None:
        raise ValueError(f"No published network is called {shown(name)}.{nearest(name, published())}")
    return found


def published_name(architecture: Architecture) -> str | None:
    """The name under which a network was published, or None; CIFAR-10's where it was published for CIFAR-100 too."""
    return _names_by_id().get(architecture.id)


@cache
def _names_by_id() -> dict[str, str]:
    return {network.architecture.id: name for name, network in reversed(list(published().items()))}


def _all() -> Iterator[Published]:
    for name, family in _FAMILIES.items():
        yield from _of_task(name, family, "imagenet", family.imagenet, (224, 1000))
    yield Published("mobilenet_v2_mod_l", _MOBILE_L.network("imagenet", _MOBILE_BLOCK), 224, 1000, _MOD)
    yield from _ablations()
    for suffix, num_classes in (("_cifar", 10), ("_cifar100", 100)):
        for name, family in _FAMILIES.items():
            if "m" in family.cifar or num_classes == 10:
                yield from _of_task(name + suffix, family, "cifar", family.cifar, (32, num_classes))


def _of_task(name: str, family: _Family, stem: str, forms: str, task: tuple[int, int]) -> Iterator[Published]:
    if "p" in forms:
        yield Published(name, family.network(stem), *task, family.source)
    if "m" in forms:
        yield Published(f"{name}_mod", family.network(stem, family.block), *task, _MOD)


def _ablations() -> Iterator[Published]:
    """What the paper varies: random selection, c, and where the result is fused."""
    variants: dict[str, dict[str, object]] = {"resnet50_mod_random": {"selection": "random"}}
    variants |= {f"{name}_mod_last": {"position": "last"} for name in ("resnet50", "resnet75", "resnet86")}
    for c in _ABLATED_C:
        variants[f"resnet50_mod_c{c}_original"] = {"c": c, "position": "original"}
    variants |= {f"resnet50_mod_c{c}": {"c": c} for c in _ABLATED_C if c != _BLOCK.c}
    for name, fields in variants.items():
        block = MoD.model_validate({"c": 64, **fields})
        network = _FAMILIES[name.partition("_")[0]].network("imagenet", block)
        yield Published(name, network, 224, 1000, _MOD)
