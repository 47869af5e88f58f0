"""Counting: sums by hand on one layer, agreement of profile and total, operators that are not counted."""

import pytest
import torch
from torch import Tensor, nn

from modsearch.architecture import BACKBONES, MoD, Standard
from modsearch.models import build
from modsearch.record import Profile
from modsearch.scoring import count, profile
from tests.models.tiny import SELECTIONS, STEMS, image_size, tiny, widths

MOD = "mod-learned"


class Small(nn.Module):
    """One convolution, one batch norm, one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.linear = nn.Linear(4, 10)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return self.linear(self.norm(self.conv(x_BCHW)).sigmoid().mean((2, 3)))  # type: ignore[no-any-return]


def test_convolution_and_linear_are_counted_and_nothing_else() -> None:
    counted = count(Small(), image_size=8)
    assert counted.gmacs * 1e9 == pytest.approx(3 * 4 * 9 * 64 + 4 * 10)
    assert counted.params == 3 * 4 * 9 + 2 * 4 + 4 * 10 + 10
    assert counted.uncounted == ("batch_norm", "mean", "sigmoid")


def test_a_mod_network_names_the_operators_of_its_selector() -> None:
    plain, mod = (count(build(tiny("resnet_basic", variant), 10, 16), 16).uncounted for variant in (Standard(), MOD))
    assert plain == ("add", "batch_norm", "mean")
    assert set(mod) - set(plain) == {"abs", "addcmul", "mul", "pad", "sigmoid", "sort", "topk"}


def test_counting_leaves_the_model_as_it_was() -> None:
    model = Small()
    model.norm.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    count(model, 8)
    assert [module.training for module in (model, model.conv, model.norm, model.linear)] == [True, True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.slow
@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_smaller_c_costs_more(backbone: str, selection: str) -> None:
    networks = (tiny(backbone, MoD(c=c, selection=selection)) for c in (4, 2, "4/3", 1))  # type: ignore[arg-type]
    costs = [count(build(network, 10, 16), 16).gmacs for network in networks]
    assert costs == sorted(set(costs))


@pytest.mark.slow
@pytest.mark.parametrize(("backbone", "stem"), STEMS)
def test_the_rows_of_a_profile_add_up(backbone: str, stem: str) -> None:
    network = tiny(backbone, MOD, stem)
    found = profile(network, 10, image_size(network))
    assert sum(row.params for row in found.layers) == found.total.params
    assert sum(row.gmacs for row in found.layers) == pytest.approx(found.total.gmacs, rel=1e-12)
    model = build(found.architecture, found.num_classes, found.image_size)
    assert found.total == count(model, found.image_size)


def test_a_profile_has_a_row_for_stem_blocks_and_head() -> None:
    found = profile(tiny("resnet_basic", MoD(c="5/2")), 10, 16)
    names = [row.name for row in found.layers]
    blocks = [f"stage {stage} block {index}" for stage, depth in enumerate((2, 2, 3)) for index in range(depth)]
    assert names == ["stem", *blocks, "head"]
    assert [row.kind for row in found.layers[:3]] == ["cifar", "standard", "mod"]
    assert [row.out_shape for row in found.layers[-3:]] == [(32, 4, 4), (32, 4, 4), (10,)]


def selected(found: Profile) -> list[tuple[str | None, int | None]]:
    return [(row.c, row.k) for row in found.layers if row.kind == "mod"]


@pytest.mark.parametrize("backbone", BACKBONES)
def test_only_mod_rows_have_c_and_k(backbone: str) -> None:
    found = profile(tiny(backbone, MoD(c="5/2")), 10, 16)
    expansion = 4 if backbone == "resnet_bottleneck" else 1
    assert selected(found) == [("5/2", int(width * expansion / 2.5)) for width in widths(backbone)]
    assert all(row.c is None and row.k is None for row in found.layers if row.kind != "mod")


def test_the_row_of_a_mod_block_is_its_closed_form() -> None:
    row = profile(tiny("resnet_basic", MoD(c=4, reduction=4)), 10, 16).layers[2]
    # C = 8 -> 2 hidden units -> 8; two 3x3 convolutions of k = 2 channels at 16 x 16, with a batch norm each
    assert row.gmacs * 1e9 == pytest.approx(2 * 8 * 2 + 2 * 9 * 2 * 2 * 256)
    assert row.params == 2 * 8 * 2 + 2 * (9 * 2 * 2 + 2 * 2)


@pytest.mark.gpu
def test_a_model_on_the_gpu_is_counted_there() -> None:
    assert count(Small().cuda(), 8) == count(Small(), 8)
