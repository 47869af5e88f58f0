import pytest

from modsearch.architecture import preset, published, published_name

# arXiv 2409.17016: blocks a stage of its MoD networks; below, those of arXiv 1512.03385, table 1.
BASIC = {"resnet18": (2, 2, 2, 2), "resnet26": (2, 2, 3, 4), "resnet34": (3, 4, 6, 3), "resnet42": (3, 3, 6, 6)}
BOTTLENECK = {
    "resnet50": (3, 4, 6, 3),
    "resnet75": (3, 4, 14, 3),
    "resnet86": (3, 4, 18, 3),
    "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3),
}
DEPTHS = BASIC | BOTTLENECK
PLAIN = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
CIFAR = ("resnet18", "resnet34", "resnet50")
CLASSIC = {"resnet20": 3, "resnet32": 5, "resnet44": 7, "resnet56": 9, "resnet110": 18}  # (depth - 2) / 6

NAMES = {
    *PLAIN,
    *(f"{name}_mod" for name in DEPTHS),
    *(f"{name}_cifar" for name in CIFAR),
    *(f"{name}_cifar_mod" for name in CIFAR),
    *(f"{name}_cifar" for name in CLASSIC),
}


def test_names() -> None:
    assert set(published()) == NAMES
    assert all(each.name == name for name, each in published().items())


@pytest.mark.parametrize("name", sorted(NAMES))
def test_preset(name: str) -> None:
    network, base = preset(name).architecture, name.split("_")[0]
    is_cifar, is_mod = "_cifar" in name, name.endswith("_mod")
    assert network.depths == (DEPTHS[base] if base in DEPTHS else (CLASSIC[base],) * 3)
    assert network.widths == ((64, 128, 256, 512) if base in DEPTHS else (16, 32, 64))
    assert network.backbone == ("resnet_bottleneck" if base in BOTTLENECK else "resnet_basic")
    assert network.stem == ("cifar" if is_cifar else "imagenet")
    assert network.placement == ("alternating" if is_mod else "none")
    assert (preset(name).image_size, preset(name).num_classes) == ((32, 10) if is_cifar else (224, 1000))
    symbols = {block.symbol for stage in network.stages for block in stage}
    assert symbols == ({"S", "M64"} if is_mod else {"S"})


@pytest.mark.parametrize("name", sorted(NAMES))
def test_published_name_is_found_again(name: str) -> None:
    assert published_name(preset(name).architecture) == name


def test_other_networks_have_no_published_name() -> None:
    assert published_name(preset("resnet50_mod").architecture.without_mod()) is None


def test_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"^No published network is called 'resnet57'\. Did you mean 'resnet\d+'\?$"):
        preset("resnet57")
    with pytest.raises(ValueError, match=r"'resnet75_mod'\?$"):
        preset("resnet75_mdo")
    with pytest.raises(ValueError, match=r"^No published network is called 'vgg'\.$"):
        preset("vgg")
