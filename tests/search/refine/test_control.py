"""Controls of a network: which there are, and a narrow one of equal cost."""

from fractions import Fraction

import pytest

from modsearch.architecture import Architecture, preset
from modsearch.record import RefinementPlan
from modsearch.search.refine.control import narrow_control, with_controls
from modsearch.space import Fidelity

FIDELITY = Fidelity(image_size=32, epochs=2)
MOD = preset("resnet18_cifar_mod").architecture


def symbols(network: Architecture) -> str:
    return network.describe().partition("[")[2].rstrip("]")


def test_a_mod_network_has_five_controls() -> None:
    plan = RefinementPlan(fidelity=FIDELITY, networks=()).with_network(MOD, "member")
    plan = with_controls(plan, MOD, MOD.narrowed(Fraction(1, 4)))
    found = {kind: symbols(network.architecture) for kind, network in plan.controls_of(MOD.id).items()}
    assert found == {
        "deleted": "S | S | S | S",
        "random": "S M64r | S M64r | S M64r | S M64r",
        "first": "S M64f | S M64f | S M64f | S M64f",
        "first_scored": "S M64g | S M64g | S M64g | S M64g",
        "narrow": "S N1/4 | S N1/4 | S N1/4 | S N1/4",
    }
    assert [network.roles for network in plan.networks] == [("member",), *[("control",)] * 5]


def test_a_control_that_is_a_member_is_trained_once() -> None:
    plan = RefinementPlan(fidelity=FIDELITY, networks=()).with_network(MOD, "member")
    plan = with_controls(plan.with_network(MOD.deleted(), "ladder"), MOD, None)
    deleted = plan.controls_of(MOD.id)["deleted"]
    assert deleted.roles == ("ladder", "control")
    assert len(plan.networks) == 5
    assert with_controls(plan, MOD, None) == plan


def test_a_network_of_narrow_blocks_has_only_its_deleted_form() -> None:
    narrow = MOD.narrowed(Fraction(1, 2))
    assert list(narrow.controls()) == ["deleted"]
    assert MOD.deleted().controls() == {}


@pytest.mark.parametrize(("cost", "ratio"), [(0.5, "1/2"), (0.26, "1/4"), (0.01, "1/32"), (7.0, "31/32")])
def test_a_narrow_control_costs_as_much_as_its_network(cost: float, ratio: str) -> None:
    measured: list[str] = []

    def cost_of(network: Architecture) -> float:
        measured.append(network.id)
        return float(next(block for block in network.stages[0] if block.kind == "narrow").ratio)  # type: ignore[union-attr]

    assert symbols(narrow_control(MOD, cost, cost_of)).split()[1] == f"N{ratio}"
    assert len(measured) == len(set(measured)) <= 7


def test_a_backbone_without_channels_inside_has_no_narrow_control() -> None:
    with pytest.raises(ValueError, match="a block of vgg_bn has no channels inside"):
        narrow_control(preset("vgg16_bn_cifar_mod").architecture, 1.0, lambda network: 1.0)
