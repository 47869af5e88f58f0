"""Against sums that follow from the published depths alone, without any of the package's tables or modules."""

from dataclasses import dataclass

import pytest

from modsearch.architecture import published
from tests.golden.conftest import CountPreset

WIDE = (64, 128, 256, 512)
NARROW = (16, 32, 64)
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
}
BASIC = ("resnet18", "resnet26", "resnet34", "resnet42", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110")
C = 64
NAMES = sorted(published())


@dataclass
class Sum:
    """Multiply-adds and parameters, layer by layer."""

    macs: int = 0
    params: int = 0

    def conv(self, channels_in: int, channels_out: int, kernel: int, size: int) -> None:
        weights = channels_in * channels_out * kernel**2
        self.macs += weights * size**2
        self.params += weights + 2 * channels_out  # a batch norm's scale and shift follow each convolution

    def linear(self, features_in: int, features_out: int, has_bias: bool) -> None:
        self.macs += features_in * features_out
        self.params += features_in * features_out + features_out * has_bias

    def basic(self, channels_in: int, channels_out: int, size: int) -> None:
        self.conv(channels_in, channels_out, 3, size)
        self.conv(channels_out, channels_out, 3, size)

    def bottleneck(self, channels_in: int, channels_out: int, size_in: int, size: int) -> None:
        middle = max(1, channels_out // 4)
        self.conv(channels_in, middle, 1, size_in)
        self.conv(middle, middle, 3, size)
        self.conv(middle, channels_out, 1, size)


def add_block(total: Sum, is_basic: bool, channels_in: int, channels_out: int, sizes: tuple[int, int]) -> None:
    size_in, size = sizes
    if is_basic:
        total.basic(channels_in, channels_out, size)
    else:
        total.bottleneck(channels_in, channels_out, size_in, size)
    if channels_in != channels_out or size_in != size:
        total.conv(channels_in, channels_out, 1, size)


def add_mod_block(total: Sum, is_basic: bool, channels: int, size: int) -> None:
    total.linear(channels, channels // 16 or 1, has_bias=False)
    total.linear(channels // 16 or 1, channels, has_bias=False)
    k = max(1, channels // C)
    add_block(total, is_basic, k, k, (size, size))


def add_stem(total: Sum, is_cifar: bool, width: int) -> int:
    if is_cifar:
        total.conv(3, width, 3, 32)
        return 32
    total.conv(3, width, 7, 112)
    return 56


def closed_form(name: str) -> Sum:
    plain = name.split("_")[0]
    is_basic, is_cifar, is_mod = plain in BASIC, "_cifar" in name, name.endswith("_mod")
    widths = WIDE if len(DEPTHS[plain]) == 4 else NARROW
    total = Sum()
    size, channels = add_stem(total, is_cifar, widths[0]), widths[0]
    for stage, (width, depth) in enumerate(zip(widths, DEPTHS[plain], strict=True)):
        channels_out, size_out = width * (1 if is_basic else 4), size // (2 if stage else 1)
        add_block(total, is_basic, channels, channels_out, (size, size_out))
        channels, size = channels_out, size_out
        for position in range(1, depth):
            if is_mod and position % 2 == 1:
                add_mod_block(total, is_basic, channels, size)
            else:
                add_block(total, is_basic, channels, channels, (size, size))
    total.linear(channels, 10 if is_cifar else 1000, has_bias=True)
    return total


@pytest.mark.parametrize("name", NAMES)
def test_published_networks_cost_the_closed_form(name: str, count_preset: CountPreset) -> None:
    counted, expected = count_preset(name), closed_form(name)
    assert round(counted.gmacs * 1e9) == expected.macs
    assert counted.params == expected.params


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
