"""Against sums that follow from the published depths alone, without any of the package's tables or modules."""

import re
from dataclasses import dataclass

import pytest

from modsearch.architecture import preset, published
from modsearch.scoring import ideal_speedup, profile
from tests.golden.conftest import CountPreset

pytestmark = pytest.mark.slow

NARROW = (16, 32, 64)
VGG_WIDTHS = (64, 128, 256, 512, 512)
DEPTHS = {
    "resnet18": (2, 2, 2, 2),
    "resnet26": (2, 2, 3, 4),
    "resnet34": (3, 4, 6, 3),
    "resnet42": (3, 3, 6, 6),
    "resnet50": (3, 4, 6, 3),
    "resnet75": (3, 4, 14, 3),
    "resnet86": (3, 4, 18, 3),
    "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3),
    "resnet20": (3, 3, 3),
    "resnet32": (5, 5, 5),
    "resnet44": (7, 7, 7),
    "resnet56": (9, 9, 9),
    "resnet110": (18, 18, 18),
    "vgg16": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
}
BASIC = ("resnet18", "resnet26", "resnet34", "resnet42", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110")
# t, c, n, s of arXiv 1801.04381, table 2, and of the wider network that the MoD paper calls L
MOBILE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
MOBILE_L = ((1, 16, 1, 1), (6, 32, 2, 2), (6, 64, 3, 2), (6, 96, 4, 2), (6, 128, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
CONVNEXT = {
    "convnext_tiny": ((96, 192, 384, 768), (3, 3, 9, 3)),
    "convnext_small": ((96, 192, 384, 768), (3, 3, 27, 3)),
    "convnext_base": ((128, 256, 512, 1024), (3, 3, 27, 3)),
}
NAMES = sorted(published())


def block_c(name: str) -> int:
    """The denominator of a MoD block's share: in the name where the paper varies it."""
    varied = re.search(r"_c(\d+)", name)
    if varied:
        return int(varied[1])
    return 16 if name.startswith("mobilenet") else 64


@dataclass
class Sum:
    """Multiply-adds and parameters, layer by layer."""

    c: int = 64
    has_selectors: bool = True
    macs: int = 0
    params: int = 0

    def conv(self, channels_in: int, channels_out: int, kernel: int, size: int) -> None:
        """With the scale and shift of the batch norm that follows."""
        weights = channels_in * channels_out * kernel**2
        self.macs += weights * size**2
        self.params += weights + 2 * channels_out

    def depthwise(self, channels: int, kernel: int, size: int) -> None:
        self.conv(1, channels, kernel, size)

    def linear(self, features_in: int, features_out: int, has_bias: bool = True, positions: int = 1) -> None:
        self.macs += features_in * features_out * positions
        self.params += features_in * features_out + features_out * has_bias

    def selector(self, channels: int) -> int:
        """Returns how many channels it selects."""
        if self.has_selectors:
            self.linear(channels, channels // 16 or 1, has_bias=False)
            self.linear(channels // 16 or 1, channels, has_bias=False)
        return max(1, channels // self.c)

    def basic(self, channels_in: int, channels_out: int, size: int) -> None:
        self.conv(channels_in, channels_out, 3, size)
        self.conv(channels_out, channels_out, 3, size)

    def bottleneck(self, channels_in: int, channels_out: int, size_in: int, size: int) -> None:
        middle = max(1, channels_out // 4)
        self.conv(channels_in, middle, 1, size_in)
        self.conv(middle, middle, 3, size)
        self.conv(middle, channels_out, 1, size)

    def residual(self, is_basic: bool, channels_in: int, channels_out: int, sizes: tuple[int, int]) -> None:
        size_in, size = sizes
        if is_basic:
            self.basic(channels_in, channels_out, size)
        else:
            self.bottleneck(channels_in, channels_out, size_in, size)
        if channels_in != channels_out or size_in != size:
            self.conv(channels_in, channels_out, 1, size)

    def inverted(self, channels_in: int, channels_out: int, expansion: int, sizes: tuple[int, int]) -> None:
        middle = channels_in * expansion
        if expansion > 1:
            self.conv(channels_in, middle, 1, sizes[0])
        self.depthwise(middle, 3, sizes[1])
        self.conv(middle, channels_out, 1, sizes[1])

    def convnext(self, channels: int, size: int) -> None:
        self.macs += channels * 49 * size**2
        self.params += channels * 49 + channels + 2 * channels + channels  # bias, layer norm, layer scale
        self.linear(channels, 4 * channels, positions=size**2)
        self.linear(4 * channels, channels, positions=size**2)


def add_resnet(total: Sum, name: str, num_classes: int) -> None:
    plain, is_cifar = name.split("_")[0], "_cifar" in name
    is_basic, depths = plain in BASIC, DEPTHS[plain]
    widths = (64, 128, 256, 512) if len(depths) == 4 else NARROW
    total.conv(3, widths[0], *((3, 32) if is_cifar else (7, 112)))
    size, channels = 32 if is_cifar else 56, widths[0]
    for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        channels_out, size_out = width * (1 if is_basic else 4), size // (2 if stage else 1)
        total.residual(is_basic, channels, channels_out, (size, size_out))
        channels, size = channels_out, size_out
        for position in range(1, depth):
            k = total.selector(channels) if "_mod" in name and position % 2 == 1 else channels
            total.residual(is_basic, k, k, (size, size))
    total.linear(channels, num_classes)


def add_vgg(total: Sum, name: str, num_classes: int) -> None:
    is_cifar = "_cifar" in name
    size, channels = 32 if is_cifar else 224, 3
    for width, depth in zip(VGG_WIDTHS, DEPTHS[name.split("_")[0]], strict=True):
        for position in range(depth):
            k_in, k_out = channels, width
            if "_mod" in name and position % 2 == 1:
                k_in = k_out = total.selector(width)
            total.conv(k_in, k_out, 3, size)
            total.params += k_out  # VGG's convolutions have a bias too
            channels = width
        size //= 2
    hidden = 512 if is_cifar else 4096
    total.linear(512 * size**2, hidden)
    total.linear(hidden, hidden)
    total.linear(hidden, num_classes)


def add_mobilenet(total: Sum, name: str, num_classes: int) -> None:
    channels, size = 32, 112
    total.conv(3, channels, 3, size)
    for t, c, n, s in MOBILE_L if name.endswith("_l") else MOBILE:
        for position in range(n):
            if position and "_mod" in name and position % 2 == 1:
                k = total.selector(c)
                total.inverted(k, k, t, (size, size))
                continue
            size_out = size // (1 if position else s)
            total.inverted(channels, c, t, (size, size_out))
            channels, size = c, size_out
    total.conv(channels, 1280, 1, size)
    total.linear(1280, num_classes)


def add_convnext(total: Sum, name: str, num_classes: int) -> None:
    channels, size = 3, 224
    for stage, (width, depth) in enumerate(zip(*CONVNEXT[name], strict=True)):
        kernel = 2 if stage else 4
        size //= kernel
        total.linear(channels * kernel**2, width, positions=size**2)
        total.params += 2 * (channels if stage else width)  # a layer norm, before the convolution but in the stem
        channels = width
        for _ in range(depth):
            total.convnext(channels, size)
    total.params += 2 * channels
    total.linear(channels, num_classes)


def closed_form(name: str) -> Sum:
    total = Sum(c=block_c(name), has_selectors="_random" not in name)
    num_classes = 100 if "_cifar100" in name else 10 if "_cifar" in name else 1000
    add = {"resnet": add_resnet, "vgg": add_vgg, "mobilenet": add_mobilenet, "convnext": add_convnext}
    add[re.match("[a-z]+", name)[0]](total, name, num_classes)  # type: ignore[index]
    return total


@pytest.mark.parametrize("name", NAMES)
def test_published_networks_cost_the_closed_form(name: str, count_preset: CountPreset) -> None:
    counted, expected = count_preset(name), closed_form(name)
    assert round(counted.gmacs * 1e9) == expected.macs
    assert counted.params == expected.params


# The plain forms of the paper's deeper networks are no published networks: the same sums, without selectors.
@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("resnet75_mod", "resnet75"),
        ("resnet86_mod_last", "resnet86"),
        ("mobilenet_v2_mod_l", "mobilenet_v2_l"),
        ("vgg19_bn_cifar_mod", "vgg19_bn_cifar"),
        ("resnet18_cifar_mod", "resnet18_cifar"),
    ],
)
def test_speed_ups_of_published_networks_are_ideally_those_of_the_closed_forms(name: str, plain: str) -> None:
    network = preset(name)
    found = ideal_speedup(profile(network.architecture, network.num_classes, network.image_size))
    assert found is not None
    assert round(found.plain_gmacs * 1e9) == closed_form(plain).macs
    assert found.ideal == pytest.approx(closed_form(plain).macs / closed_form(name).macs, rel=1e-9)
    assert found.measured is None


def test_plain_networks_save_nothing() -> None:
    network = preset("resnet20_cifar")
    assert ideal_speedup(profile(network.architecture, 10, 32)) is None


def test_resnet18_by_hand() -> None:
    """The closed form itself, against a sum done on paper in units of 56 x 56 x 64 x 64."""
    unit = 56 * 56 * 64 * 64
    stem, head = 3 * 64 * 49 * 112 * 112, 512 * 1000
    # stage 0: four 3x3; each later one: 3x3 of half the inputs, three full 3x3, a 1x1 of half the inputs
    expected = stem + head + 4 * 9 * unit + 3 * (3 * 9 * unit + 9 * unit // 2 + unit // 2)
    assert closed_form("resnet18").macs == expected


# He et al. (arXiv 1512.03385, table 6) print these for shortcuts without parameters; ours are projections: 1x1
# convolutions 16 -> 32 and 32 -> 64 with their batch norms.
@pytest.mark.parametrize(
    ("name", "printed_m", "digits"),
    [("resnet20", 0.27, 2), ("resnet32", 0.46, 2), ("resnet44", 0.66, 2), ("resnet56", 0.85, 2), ("resnet110", 1.7, 1)],
)
def test_classic_cifar_networks_have_the_printed_size(
    name: str, printed_m: float, digits: int, count_preset: CountPreset
) -> None:
    projections = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    assert round((count_preset(f"{name}_cifar").params - projections) / 1e6, digits) == printed_m
