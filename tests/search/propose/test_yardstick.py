"""Which networks screening never stops."""

from modsearch.architecture import Architecture, MoD, Standard, preset
from modsearch.record import Trial
from modsearch.search.propose.yardstick import Yardsticks
from tests.conformance.tabulated import study_spec

S, M = Standard(), MoD(c=4)
NETWORK = Architecture(backbone="resnet_basic", stem="cifar", widths=(16, 32, 64), stages=((S, M, S), (S,), (S, S)))
CONTROL = NETWORK.deleted()


def member(network: Architecture) -> Trial:
    return Trial(number=0, state="complete", architecture=network)


def test_published_networks_and_the_reference() -> None:
    spec = study_spec(seed_with="published")
    found = Yardsticks(spec)
    assert spec.reference_architecture in found
    assert preset("resnet32_cifar").architecture in found
    assert preset("resnet32_cifar").architecture in found.seeds
    assert NETWORK not in found
    assert CONTROL not in found  # a plain network is no yardstick for being plain


def test_where_nothing_published_comes_first_only_the_reference() -> None:
    spec = study_spec(seed_with="none", reference="resnet20_cifar")
    found = Yardsticks(spec)
    assert found.seeds == []
    assert spec.reference_architecture in found
    assert preset("resnet32_cifar").architecture not in found


def test_controls_of_what_reached_the_front() -> None:
    found = Yardsticks(study_spec(controls=["deleted"]))
    assert found.add_controls([member(NETWORK), member(CONTROL)]) == [CONTROL]
    assert CONTROL in found
    assert NETWORK not in found


def test_a_study_without_controls_has_none() -> None:
    found = Yardsticks(study_spec(controls=[]))
    assert found.add_controls([member(NETWORK)]) == []
    assert CONTROL not in found


def test_blocks_that_select_otherwise_are_controls_too() -> None:
    found = Yardsticks(study_spec(controls=["first", "deleted"]))
    first = Architecture(
        backbone="resnet_basic",
        stem="cifar",
        widths=(16, 32, 64),
        stages=((S, MoD(c=4, selection="first"), S), (S,), (S, S)),
    )
    assert found.add_controls([member(NETWORK)]) == [first, CONTROL]
    assert first in found
    assert found.add_controls([member(first)]) == [CONTROL]
