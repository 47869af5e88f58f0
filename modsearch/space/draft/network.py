"""The plain network that a study is drafted around, and the size of the images that it is deployed on."""

from modsearch.architecture import BACKBONES, Architecture, Published, preset, published
from modsearch.message import must_be, one_of

_FIELD = "--backbone"
_LARGE_FROM = 65  # pixels: up to 64 a stem that shrinks images fourfold leaves the last stage next to nothing
_FOR_LARGE = {
    "resnet_basic": "resnet18",
    "resnet_bottleneck": "resnet50",
    "vgg_bn": "vgg16_bn",
    "mobilenet_v2": "mobilenet_v2",
    "convnext": "convnext_tiny",
}
_FOR_SMALL = {
    "resnet_basic": "resnet20_cifar",
    "resnet_bottleneck": "resnet50_cifar",
    "vgg_bn": "vgg16_bn_cifar",
}
_PUBLISHED_SIZE, _SIZE_STEP, _MOST_SMALL = 224, 32, 64  # pixels


def check_backbone_name(name: str) -> None:
    """Raise ValueError unless this is a plain published network, or a family of networks."""
    plain = [network.name for network in _plain()]
    if name in plain or name in BACKBONES:
        return
    if name in published():
        form = _plain_form(preset(name).architecture)
        raise ValueError(must_be(_FIELD, f"a plain network, such as {form}: the study puts MoD blocks into it", name))
    rule = f"a plain network of modsearch published, or {one_of(BACKBONES)}"
    raise ValueError(must_be(_FIELD, rule, name, [*BACKBONES, *plain]))


def choose_network(name: str, side: int) -> Published:
    """The plain published network of that name; for a family's name one that suits the images.

    Args:
        name: of a network or a family.
        side: pixels of the shorter side that the images usually have.

    Raises:
        ValueError: there is no such network, or it takes larger images only; the message names others.
    """
    check_backbone_name(name)
    network = preset(_member(name, side) if name in BACKBONES else name)
    if _least(network) > side:
        taking = [other.name for other in _plain() if _least(other) <= side and not other.name.endswith("_cifar100")]
        if not taking:
            least = min(map(_least, _plain()))
            raise ValueError(must_be("data.path", f"a folder of images with {least} pixels or more a side", side))
        rule = f"a network that takes images of {side} pixels, {one_of(taking)}: this one takes {_least(network)}"
        raise ValueError(must_be(_FIELD, rule, name))
    return network


def target_size(network: Published, side: int) -> int:
    """Pixels of a side of the deployed images: as published, or as much as the images usually have where that is less.

    Args:
        network: one that takes these images.
        side: pixels of the shorter side that the images usually have.
    """
    if network.architecture.stem == "cifar":
        return min(side, _MOST_SMALL)
    return min(_PUBLISHED_SIZE, max(_least(network), side // _SIZE_STEP * _SIZE_STEP))


def _member(family: str, side: int) -> str:
    if side >= _LARGE_FROM:
        return _FOR_LARGE[family]
    if family not in _FOR_SMALL:
        others = [name for name, member in _FOR_SMALL.items() if _least(preset(member)) <= side]
        rule = f"{one_of(others)} for images of {side} pixels: {family} has no published form for small ones"
        raise ValueError(must_be(_FIELD, rule, family))
    return _FOR_SMALL[family]


def _plain() -> list[Published]:
    return [network for network in published().values() if network.architecture.num_light_blocks == 0]


def _plain_form(network: Architecture) -> str:
    """The name of the plain published network that is most like this one."""

    def distance(other: Architecture) -> tuple[bool, bool, int]:
        is_other_form = (other.backbone, other.stem) != (network.backbone, network.stem)
        pairs = zip(other.depths, network.depths, strict=False)
        return is_other_form, other.widths != network.widths, sum(abs(one - two) for one, two in pairs)

    return min(_plain(), key=lambda other: distance(other.architecture)).name


def _least(network: Published) -> int:
    """Pixels of a side that a network takes at the least."""
    architecture = network.architecture
    return architecture.table.min_image_size(architecture.stem, len(architecture.stages))
