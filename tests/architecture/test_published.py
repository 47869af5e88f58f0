import pytest

from modsearch.architecture import preset, published, published_name
from modsearch.architecture.printed import PRINTED

# arXiv 2409.17016: blocks a stage of its MoD networks; below, those of arXiv 1512.03385, table 1, and of the others.
BASIC = {"resnet18": (2, 2, 2, 2), "resnet26": (2, 2, 3, 4), "resnet34": (3, 4, 6, 3), "resnet42": (3, 3, 6, 6)}
BOTTLENECK = {
    "resnet50": (3, 4, 6, 3),
    "resnet75": (3, 4, 14, 3),
    "resnet86": (3, 4, 18, 3),
    "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3),
}
CLASSIC = {f"resnet{2 + 6 * n}": (n, n, n) for n in (3, 5, 7, 9, 18)}
VGG = {"vgg16_bn": (2, 2, 3, 3, 3), "vgg19_bn": (2, 2, 4, 4, 4)}
MOBILE = {"mobilenet_v2": (1, 2, 3, 4, 3, 3, 1)}
CONVNEXT = {"convnext_tiny": (3, 3, 9, 3), "convnext_small": (3, 3, 27, 3), "convnext_base": (3, 3, 27, 3)}
FAMILIES = {
    "resnet_basic": BASIC | CLASSIC,
    "resnet_bottleneck": BOTTLENECK,
    "vgg_bn": VGG,
    "mobilenet_v2": MOBILE,
    "convnext": CONVNEXT,
}
WIDTHS = {
    "vgg_bn": (64, 128, 256, 512, 512),
    "mobilenet_v2": (16, 24, 32, 64, 96, 160, 320),
    "convnext": (96, 192, 384, 768),
}
DEPTHS = {name: depths for family in FAMILIES.values() for name, depths in family.items()}

PLAIN = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", *VGG, *MOBILE, *CONVNEXT)
CIFAR = ("resnet18", "resnet34", "resnet50", *VGG)
ABLATION = {
    "resnet50_mod_random": "M64r",
    **{f"{name}_mod_last": "M64-last" for name in ("resnet50", "resnet75", "resnet86")},
    **{f"resnet50_mod_c{c}": f"M{c}" for c in (2, 4, 8, 16, 32)},
    **{f"resnet50_mod_c{c}_original": f"M{c}-original" for c in (2, 4, 8, 16, 32, 64)},
}
NAMES = {
    *PLAIN,
    *(f"{name}_mod" for name in (BASIC | BOTTLENECK | MOBILE)),
    "mobilenet_v2_mod_l",
    *(f"{name}_{task}{form}" for name in CIFAR for task in ("cifar", "cifar100") for form in ("", "_mod")),
    *(f"{name}_cifar" for name in CLASSIC),
    *ABLATION,
}


def test_names() -> None:
    assert set(published()) == NAMES
    assert all(network.name == name for name, network in published().items())


def test_all_that_the_paper_prints_is_of_a_preset() -> None:
    assert set(PRINTED) <= NAMES
    assert preset("resnet50_mod").printed.gmacs == 2.6
    assert preset("convnext_tiny").printed.top1 is None


def plain_name(name: str) -> str:
    return next(prefix for prefix in sorted(DEPTHS, key=len, reverse=True) if name.startswith(prefix))


def widths(name: str) -> tuple[int, ...]:
    if name == "mobilenet_v2_mod_l":
        return (16, 32, 64, 96, 128, 160, 320)
    if name == "convnext_base":
        return (128, 256, 512, 1024)
    default = (16, 32, 64) if plain_name(name) in CLASSIC else (64, 128, 256, 512)
    return WIDTHS.get(preset(name).architecture.backbone, default)


def task(name: str) -> tuple[int, int]:
    if "_cifar100" in name:
        return 32, 100
    return (32, 10) if "_cifar" in name else (224, 1000)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_preset(name: str) -> None:
    found, is_mod = preset(name), "_mod" in name
    network, plain = found.architecture, plain_name(name)
    assert plain in FAMILIES[network.backbone]
    assert network.depths == DEPTHS[plain]
    assert network.widths == widths(name)
    assert network.stem == ("cifar" if "_cifar" in name else "imagenet")
    assert network.placement == ("alternating" if is_mod else "none")
    assert (found.image_size, found.num_classes) == task(name)
    symbols = {block.symbol for stage in network.stages for block in stage}
    mod_symbol = ABLATION.get(name, "M16" if plain in MOBILE else "M64")
    assert symbols == ({"S", mod_symbol} if is_mod else {"S"})


@pytest.mark.parametrize("name", sorted(NAMES))
def test_published_name_is_found_again(name: str) -> None:
    assert published_name(preset(name).architecture) == name.replace("cifar100", "cifar")


def test_other_networks_have_no_published_name() -> None:
    assert published_name(preset("resnet50_mod").architecture.deleted()) is None


def test_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"^No published network is called 'resnet57'\. Did you mean 'resnet\d+'\?$"):
        preset("resnet57")
    with pytest.raises(ValueError, match=r"'resnet75_mod'\?$"):
        preset("resnet75_mdo")
    with pytest.raises(ValueError, match=r"^No published network is called 'perceiver'\.$"):
        preset("perceiver")
